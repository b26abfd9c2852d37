// SPDX-License-Identifier: GPL-2.0-only
//
// A deleted file whose directory is deleted, too, is refused; it stays readable.
//
// EXPECT: refused EOPNOTSUPP "a deleted file or directory whose directory is deleted" "fd 3" "gone (deleted)"
#include "../ckpt_test.h"

int main(void)
{
	char text[8] = "";
	int fd;

	SYS(mkdir("gone", 0755));
	fd = SYS(open("gone/doomed", O_RDWR | O_CREAT, 0644));
	CHECK_EQ(write(fd, "data", 4), 4);
	SYS(unlink("gone/doomed"));
	SYS(rmdir("gone"));
	ckpt_ready();
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
