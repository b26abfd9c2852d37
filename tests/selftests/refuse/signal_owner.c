// SPDX-License-Identifier: GPL-2.0-only
//
// A file with an owner for SIGIO (F_SETOWN) is refused.
//
// EXPECT: refused EOPNOTSUPP|EBUSY "owner|F_SETOWN|SIGIO" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0644));

	SYS(fcntl(fd, F_SETOWN, getpid()));
	ckpt_ready();
	CHECK_EQ(fcntl(fd, F_GETOWN), getpid());
	return ckpt_pass();
}
