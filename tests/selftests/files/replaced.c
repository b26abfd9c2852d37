// SPDX-License-Identifier: GPL-2.0-only
//
// A deleted file whose name now belongs to another one is not confused with that.
#include "../ckpt_test.h"

int main(void)
{
	char text[8] = "";
	struct stat stat;
	int fd;

	ckpt_write_file("name", "old", 3);
	fd = SYS(open("name", O_RDONLY));
	ckpt_write_file("other", "newer", 5);
	SYS(rename("other", "name"));
	ckpt_ready();
	CHECK_EQ(read(fd, text, sizeof(text)), 3);
	CHECK_STR(text, "old");
	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_nlink, 0);
	ckpt_read_file("name", text, sizeof(text));
	CHECK_STR(text, "newer");
	return ckpt_pass();
}
