// SPDX-License-Identifier: GPL-2.0-only
//
// An open file of a control group is refused.
//
// EXPECT: refused EOPNOTSUPP "cgroup" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char byte;
	int fd = open("/sys/fs/cgroup/cgroup.controllers", O_RDONLY);

	if (fd < 0)
		ckpt_skip("no control groups here");
	ckpt_ready();
	CHECK_EQ(read(fd, &byte, 1), 1);
	return ckpt_pass();
}
