// SPDX-License-Identifier: GPL-2.0-only
//
// A file with two names is one file: what is written through one of them is seen
// through the other.
#include "../ckpt_test.h"

int main(void)
{
	char byte = 0;
	int fd;

	ckpt_write_file("first", "one", 3);
	SYS(link("first", "second"));
	fd = SYS(open("second", O_RDWR));
	ckpt_ready();
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(byte, 'o');
	CHECK_EQ(write(fd, "X", 1), 1);
	fd = SYS(open("first", O_RDONLY));
	CHECK_EQ(pread(fd, &byte, 1, 1), 1);
	CHECK_EQ(byte, 'X');
	return ckpt_pass();
}
