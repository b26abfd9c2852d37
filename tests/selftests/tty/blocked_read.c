// SPDX-License-Identifier: GPL-2.0-only
//
// Somebody who waits for a line gets the line that comes after the restart.
//
// BLOCK: read
#include "tty.h"
#include <sys/wait.h>

int main(void)
{
	int master, slave, status;

	tty_pair(&master, &slave);
	if (SYS(fork()) == 0) {
		ckpt_wait_go();
		tty_write(master, "a line\n");
		_exit(0);
	}
	ckpt_announce();
	tty_expect(slave, "a line\n");
	CHECK(ckpt_gone());
	SYS(wait(&status));
	CHECK_EQ(status, 0);
	return ckpt_pass();
}
