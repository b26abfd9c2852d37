// SPDX-License-Identifier: GPL-2.0-only
//
// An open file of /sys is refused.
//
// EXPECT: refused EOPNOTSUPP "sys" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char text[64] = "";
	int fd = SYS(open("/sys/kernel/notes", O_RDONLY));

	ckpt_ready();
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	return ckpt_pass();
}
