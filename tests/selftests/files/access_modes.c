// SPDX-License-Identifier: GPL-2.0-only
//
// Files opened for reading, for writing and for both can be used as they were
// opened and not otherwise; status flags are kept.
#include "../ckpt_test.h"

int main(void)
{
	char byte = 0;
	int reader, writer, both, odd, flags;

	ckpt_write_file("file", "abc", 3);
	reader = SYS(open("file", O_RDONLY));
	writer = SYS(open("file", O_WRONLY));
	both = SYS(open("file", O_RDWR));
	odd = SYS(open("file", O_RDWR | O_NONBLOCK | O_DSYNC | O_NOATIME));
	flags = SYS(fcntl(odd, F_GETFL));
	ckpt_ready();
	CHECK_EQ(fcntl(reader, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(writer, F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK_EQ(fcntl(both, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_EQ(fcntl(odd, F_GETFL), flags);
	CHECK_EQ(read(reader, &byte, 1), 1);
	CHECK_EQ(byte, 'a');
	CHECK_ERRNO(write(reader, "x", 1), EBADF);
	CHECK_ERRNO(read(writer, &byte, 1), EBADF);
	CHECK_EQ(write(writer, "x", 1), 1);
	CHECK_EQ(read(both, &byte, 1), 1);
	CHECK_EQ(byte, 'x');
	CHECK_EQ(write(both, "y", 1), 1);
	return ckpt_pass();
}
