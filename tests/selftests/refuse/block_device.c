// SPDX-License-Identifier: GPL-2.0-only
//
// An open block device is refused.
//
// EXPECT: refused EOPNOTSUPP "block device" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	const char *const names[] = { "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/loop0" };
	char block[512];
	int fd = -1;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names) && fd < 0; i++)
		fd = open(names[i], O_RDONLY);
	if (fd < 0)
		ckpt_skip("there is no block device here");
	ckpt_ready();
	CHECK(read(fd, block, sizeof(block)) >= 0);
	return ckpt_pass();
}
