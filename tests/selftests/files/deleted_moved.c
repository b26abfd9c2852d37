// SPDX-License-Identifier: GPL-2.0-only
//
// The directory of a deleted file may have got another name, and other files may have gone there.
#include "../ckpt_test.h"

int main(void)
{
	char text[8] = "";
	int fd, other;

	SYS(mkdir("first", 0755));
	fd = SYS(open("first/file", O_RDWR | O_CREAT | O_EXCL, 0644));
	CHECK_EQ(write(fd, "old", 3), 3);
	SYS(unlink("first/file"));
	ckpt_write_file("first/file", "new", 3);
	other = SYS(open("first/file", O_RDONLY));
	SYS(rename("first", "second"));
	SYS(mkdir("first", 0));
	ckpt_ready();
	CHECK_EQ(pread(fd, text, 3, 0), 3);
	CHECK_STR(text, "old");
	CHECK_EQ(pread(other, text, 3, 0), 3);
	CHECK_STR(text, "new");
	return ckpt_pass();
}
