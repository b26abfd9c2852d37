// SPDX-License-Identifier: GPL-2.0-only
//
// A device that has state of its own is refused.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "/dev/|device"
#include "../ckpt_test.h"

int main(void)
{
	char byte;
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		ckpt_skip("no /dev/kmsg here");
	ckpt_ready();
	/* A short buffer: the call reaches the driver. */
	CHECK_ERRNO(read(fd, &byte, 1), EINVAL);
	return ckpt_pass();
}
