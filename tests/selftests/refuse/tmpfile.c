// SPDX-License-Identifier: GPL-2.0-only
//
// A file without a name (O_TMPFILE) is refused.
//
// EXPECT: refused EOPNOTSUPP|ENOENT|ESTALE "deleted|name" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char text[8] = "";
	int fd = open(".", O_RDWR | O_TMPFILE, 0600);

	if (fd < 0)
		ckpt_skip("no O_TMPFILE on this file system");
	CHECK_EQ(write(fd, "data", 4), 4);
	ckpt_ready();
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 4);
	return ckpt_pass();
}
