// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptors opened with O_PATH name their file, and can do no more than that.
#include "../ckpt_test.h"

int main(void)
{
	int file, dir;
	struct stat one, two;
	char byte;

	ckpt_write_file("file", "x", 1);
	SYS(mkdir("dir", 0755));
	ckpt_write_file("dir/inside", "y", 1);
	file = SYS(open("file", O_PATH));
	dir = SYS(open("dir", O_PATH | O_DIRECTORY));
	ckpt_ready();
	CHECK(fcntl(file, F_GETFL) & O_PATH);
	CHECK_ERRNO(read(file, &byte, 1), EBADF);
	SYS(fstat(file, &one));
	SYS(stat("file", &two));
	CHECK_EQ(one.st_ino, two.st_ino);
	SYS(close(SYS(openat(dir, "inside", O_RDONLY))));
	return ckpt_pass();
}
