// SPDX-License-Identifier: GPL-2.0-only
//
// A slave that nobody may open cannot be opened, open as it is, one that is for one only is still, and one
// that fails since somebody has tried to open it goes on failing.
#include "tty.h"

int main(void)
{
	int master, slave, other_master, other_slave, failed_master, failed_slave, on = 1, now = 0;
	char path[32];

	tty_pair(&master, &slave);
	SYS(ioctl(master, TIOCSPTLCK, &on));
	tty_pair(&other_master, &other_slave);
	SYS(ioctl(other_slave, TIOCEXCL));
	/* Trying in vain to open it disturbs those who have it open until somebody succeeds. */
	tty_pair(&failed_master, &failed_slave);
	SYS(ioctl(failed_master, TIOCSPTLCK, &on));
	tty_path(path, failed_master);
	CHECK_ERRNO(open(path, O_RDWR | O_NOCTTY), EIO);
	ckpt_ready();
	CHECK_ERRNO(write(failed_slave, "x", 1), EIO);
	SYS(ioctl(master, TIOCGPTLCK, &now));
	CHECK_EQ(now, 1);
	tty_write(slave, "locked");
	tty_expect(master, "locked");
	tty_path(path, master);
	CHECK_ERRNO(open(path, O_RDWR | O_NOCTTY), EIO);
	now = 0;
	SYS(ioctl(master, TIOCSPTLCK, &now));
	SYS(close(SYS(open(path, O_RDWR | O_NOCTTY))));
	SYS(ioctl(other_slave, TIOCGEXCL, &now));
	CHECK_EQ(now, 1);
	SYS(ioctl(other_master, TIOCGEXCL, &now));
	CHECK_EQ(now, 0);
	SYS(ioctl(other_master, TIOCGPTLCK, &now));
	CHECK_EQ(now, 0);
	return ckpt_pass();
}
