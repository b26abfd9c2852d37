// SPDX-License-Identifier: GPL-2.0-only
//
// A file lease is refused; it stays.
//
// EXPECT: refused EOPNOTSUPP|EBUSY "lease" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0644));

	SYS(close(fd));
	fd = SYS(open("file", O_RDONLY));
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		ckpt_skip("no leases on this file system");
	ckpt_ready();
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
	return ckpt_pass();
}
