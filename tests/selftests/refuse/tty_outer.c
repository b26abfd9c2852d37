// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal whose master belongs to somebody outside of the tree is refused, and the message tells what
// can be done; it goes on working.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "/dev/pts/" "master is outside of the tree" "--inherit"
#include "../tty/tty.h"
#include <sys/wait.h>

int main(void)
{
	int master, slave, status;
	char byte;

	tty_pair(&master, &slave);
	tty_raw(slave);
	/* The child of a child that has gone belongs to init. */
	if (SYS(fork()) == 0) {
		if (SYS(fork()) == 0) {
			tty_expect(master, "over");
			tty_write(master, "back");
			SYS(close(slave));
			/* What has been written goes when the master does: it stays until nobody can read. */
			CHECK_ERRNO(read(master, &byte, 1), EIO);
		}
		_exit(0);
	}
	SYS(wait(&status));
	SYS(close(master));
	SYS(dup2(slave, 9));
	SYS(close(slave));
	SYS(dup2(9, 3));
	SYS(close(9));
	ckpt_ready();
	tty_write(3, "over");
	tty_expect(3, "back");
	return ckpt_pass();
}
