// SPDX-License-Identifier: GPL-2.0-only
//
// An open block device is refused.
//
// EXPECT: refused EOPNOTSUPP "a block device" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = open("/dev/vda", O_RDONLY);

	if (fd < 0)
		ckpt_skip("there is no /dev/vda");
	CHECK_EQ(fd, 3);
	ckpt_ready();
	CHECK(fcntl(3, F_GETFD) >= 0);
	return ckpt_pass();
}
