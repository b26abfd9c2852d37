// SPDX-License-Identifier: GPL-2.0-only
//
// How much fits into a pipe is kept, and full pipes are full.
#include "../ckpt_test.h"

static const int sizes[] = { 4096, 8192, 65536, 1 << 20 };

#define COUNT (sizeof(sizes) / sizeof(*sizes))

static void fill(int fd, int size)
{
	char *bytes = malloc(size);

	CHECK(bytes);
	ckpt_fill_pattern(bytes, size, size);
	CHECK_EQ(write(fd, bytes, size), size);
	CHECK_ERRNO(write(fd, "x", 1), EAGAIN);
	free(bytes);
}

static void drain(int fd, int size)
{
	char *bytes = malloc(size);
	int got = 0;

	CHECK(bytes);
	while (got < size)
		got += SYS(read(fd, bytes + got, size - got));
	ckpt_check_pattern(bytes, size, size);
	CHECK_ERRNO(read(fd, bytes, 1), EAGAIN);
	free(bytes);
}

int main(void)
{
	int end[COUNT][2];
	unsigned int i;

	for (i = 0; i < COUNT; i++) {
		SYS(pipe2(end[i], O_NONBLOCK));
		SYS(fcntl(end[i][1], F_SETPIPE_SZ, sizes[i]));
		fill(end[i][1], sizes[i]);
	}
	ckpt_ready();
	for (i = 0; i < COUNT; i++) {
		CHECK_EQ(SYS(fcntl(end[i][0], F_GETPIPE_SZ)), sizes[i]);
		CHECK_ERRNO(write(end[i][1], "x", 1), EAGAIN);
		drain(end[i][0], sizes[i]);
		fill(end[i][1], sizes[i]);
	}
	return ckpt_pass();
}
