// SPDX-License-Identifier: GPL-2.0-only
//
// An open file of /proc is refused.
//
// EXPECT: refused EOPNOTSUPP "proc" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char text[64] = "";
	int fd = SYS(open("/proc/self/comm", O_RDONLY));

	ckpt_ready();
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	CHECK_EQ(strncmp(text, "proc_file", 9), 0);
	return ckpt_pass();
}
