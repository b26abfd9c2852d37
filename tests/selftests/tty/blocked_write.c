// SPDX-License-Identifier: GPL-2.0-only
//
// Somebody who waits for room in a full terminal writes on when it is read after the restart.
//
// BLOCK: write
#include "tty.h"
#include <sys/wait.h>

#define LENGTH (32 * CKPT_PAGE)

int main(void)
{
	unsigned char *data = ckpt_anon(LENGTH), *got = ckpt_anon(LENGTH);
	int master, slave, status;
	size_t done = 0;

	ckpt_fill_pattern(data, LENGTH, 3);
	tty_pair(&master, &slave);
	tty_raw(slave);
	if (SYS(fork()) == 0) {
		ckpt_wait_go();
		while (done < LENGTH)
			done += SYS(read(slave, got + done, LENGTH - done));
		CHECK(memcmp(got, data, LENGTH) == 0);
		_exit(0);
	}
	ckpt_announce();
	while (done < LENGTH)
		done += SYS(write(master, data + done, LENGTH - done));
	CHECK(ckpt_gone());
	SYS(wait(&status));
	CHECK_EQ(status, 0);
	return ckpt_pass();
}
