// SPDX-License-Identifier: GPL-2.0-only
//
// An open file that has been deleted is refused; it stays readable.
//
// EXPECT: refused EOPNOTSUPP|ENOENT|ESTALE "deleted" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char text[8] = "";
	int fd = SYS(open("doomed", O_RDWR | O_CREAT, 0644));

	CHECK_EQ(write(fd, "data", 4), 4);
	SYS(unlink("doomed"));
	ckpt_ready();
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
