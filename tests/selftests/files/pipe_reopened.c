// SPDX-License-Identifier: GPL-2.0-only
//
// One pipe, opened several times through /proc: ends with flags of their own, one of them both.
#include "../ckpt_test.h"
#include <sys/stat.h>

static int again(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return SYS(open(path, flags));
}

int main(void)
{
	struct stat first, other;
	int end[2], reader, writer, both;
	char text[16] = "";

	SYS(pipe(end));
	reader = again(end[0], O_RDONLY | O_NONBLOCK);
	writer = again(end[0], O_WRONLY);
	both = again(end[1], O_RDWR | O_NONBLOCK);
	CHECK_EQ(write(both, "abc", 3), 3);
	SYS(close(end[1]));
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(reader, F_GETFL)) & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
	CHECK_EQ(SYS(fcntl(writer, F_GETFL)) & (O_ACCMODE | O_NONBLOCK), O_WRONLY);
	CHECK_EQ(SYS(fcntl(both, F_GETFL)) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	SYS(fstat(end[0], &first));
	SYS(fstat(both, &other));
	CHECK_EQ(first.st_ino, other.st_ino);
	CHECK_EQ(write(writer, "def", 3), 3);
	CHECK_EQ(read(end[0], text, 4), 4);
	CHECK_EQ(read(reader, text + 4, 4), 2);
	CHECK_STR(text, "abcdef");
	SYS(close(writer));
	CHECK_ERRNO(read(reader, text, 1), EAGAIN);
	SYS(close(both));
	CHECK_EQ(read(end[0], text, 1), 0);
	return ckpt_pass();
}
