// SPDX-License-Identifier: GPL-2.0-only
//
// Positions beyond 4 GiB, and beyond the end of a file, stay.
#include "../ckpt_test.h"

#define FAR (5ll << 30)

int main(void)
{
	int fd = SYS(open("sparse", O_RDWR | O_CREAT, 0644)), short_file;
	char text[8] = "";

	SYS(ftruncate(fd, FAR + 100));
	CHECK_EQ(pwrite(fd, "far", 3, FAR), 3);
	SYS(lseek(fd, FAR + 1, SEEK_SET));
	short_file = SYS(open("short", O_RDWR | O_CREAT, 0644));
	SYS(lseek(short_file, 1000, SEEK_SET));
	ckpt_ready();
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), FAR + 1);
	CHECK_EQ(read(fd, text, 2), 2);
	CHECK_STR(text, "ar");
	CHECK_EQ(lseek(short_file, 0, SEEK_CUR), 1000);
	CHECK_EQ(write(short_file, "x", 1), 1);
	CHECK_EQ(lseek(short_file, 0, SEEK_END), 1001);
	return ckpt_pass();
}
