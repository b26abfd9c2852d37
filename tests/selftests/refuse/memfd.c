// SPDX-License-Identifier: GPL-2.0-only
//
// A memfd is refused.
//
// EXPECT: refused EOPNOTSUPP "memfd|deleted" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char text[8] = "";
	int fd = SYS(memfd_create("some name", 0));

	CHECK_EQ(write(fd, "data", 4), 4);
	ckpt_ready();
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
