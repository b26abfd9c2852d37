// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal of the tree that controls the session of a process outside is refused by name.
//
// EXPECT: refused EOPNOTSUPP "fd " "session outside of the tree"
#include "../tty/tty.h"
#include <sys/wait.h>

int main(void)
{
	int master, slave, status, ready[2];
	char byte;

	tty_pair(&master, &slave);
	SYS(pipe(ready));
	/* The child of a child that has gone belongs to init. */
	if (SYS(fork()) == 0) {
		if (SYS(fork()) == 0) {
			SYS(setsid());
			SYS(ioctl(slave, TIOCSCTTY, 0));
			SYS(close(master));
			SYS(close(slave));
			CHECK_EQ(write(ready[1], "r", 1), 1);
			SYS(close(ready[0]));
			SYS(close(ready[1]));
			ckpt_wait_go();
		}
		_exit(0);
	}
	SYS(wait(&status));
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	SYS(close(ready[0]));
	SYS(close(ready[1]));
	ckpt_ready();
	tty_write(slave, "on");
	tty_expect(master, "on");
	return ckpt_pass();
}
