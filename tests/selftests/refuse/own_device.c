// SPDX-License-Identifier: GPL-2.0-only
//
// An open /dev/ckpt is refused in a process that does not save itself.
//
// EXPECT: refused EOPNOTSUPP|EBUSY "ckpt" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = open("/dev/ckpt", O_RDWR);

	if (fd < 0)
		ckpt_skip("no /dev/ckpt here");
	ckpt_ready();
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	return ckpt_pass();
}
