// SPDX-License-Identifier: GPL-2.0-only
//
// /dev/null, zero, full, random and urandom are what they were.
#include "../ckpt_test.h"
#include <sys/sysmacros.h>

static const struct {
	const char *path;
	int minor;
} devices[] = {
	{ "/dev/null", 3 },   { "/dev/zero", 5 },    { "/dev/full", 7 },
	{ "/dev/random", 8 }, { "/dev/urandom", 9 },
};

int main(void)
{
	unsigned char bytes[64];
	int fd[ARRAY_SIZE(devices)];
	struct stat status;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		fd[i] = SYS(open(devices[i].path, O_RDWR));
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		SYS(fstat(fd[i], &status));
		CHECK(S_ISCHR(status.st_mode));
		CHECK_EQ(major(status.st_rdev), 1);
		CHECK_EQ(minor(status.st_rdev), devices[i].minor);
		CHECK_EQ(fcntl(fd[i], F_GETFL) & O_ACCMODE, O_RDWR);
	}
	CHECK_EQ(read(fd[0], bytes, 8), 0);
	CHECK_EQ(write(fd[0], bytes, 8), 8);
	memset(bytes, 1, sizeof(bytes));
	CHECK_EQ(read(fd[1], bytes, sizeof(bytes)), (ssize_t)sizeof(bytes));
	for (j = 0; j < sizeof(bytes); j++)
		CHECK_EQ(bytes[j], 0);
	CHECK_ERRNO(write(fd[2], bytes, 1), ENOSPC);
	CHECK_EQ(read(fd[3], bytes, 16), 16);
	CHECK_EQ(read(fd[4], bytes, 16), 16);
	return ckpt_pass();
}
