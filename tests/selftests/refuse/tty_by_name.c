// SPDX-License-Identifier: GPL-2.0-only
//
// A controlling terminal that was opened as /dev/tty is refused by name.
//
// EXPECT: refused EOPNOTSUPP "fd " "/dev/tty"
#include "../tty/tty.h"
#include <sys/wait.h>

int main(void)
{
	int master, slave, status;
	pid_t child;

	tty_pair(&master, &slave);
	child = SYS(fork());
	if (child == 0) {
		int byname;

		SYS(setsid());
		SYS(ioctl(slave, TIOCSCTTY, 0));
		byname = SYS(open("/dev/tty", O_RDWR));
		ckpt_ready();
		tty_write(byname, "name");
		_exit(0);
	}
	CHECK_EQ(SYS(waitpid(child, &status, 0)), child);
	CHECK_EQ(status, 0);
	tty_expect(master, "name");
	return ckpt_pass();
}
