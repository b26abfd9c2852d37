// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX record locks are held: others cannot get what they cover, and can get
// what they do not cover.
#include "../ckpt_test.h"

static int lock(int fd, int command, short type, off_t start, off_t length)
{
	struct flock range = { .l_type = type, .l_whence = SEEK_SET, .l_start = start,
			       .l_len = length };

	return fcntl(fd, command, &range);
}

/* What somebody else sees. */
static void other(void)
{
	int fd = SYS(open("file", O_RDWR));

	CHECK_ERRNO(lock(fd, F_SETLK, F_RDLCK, 10, 1), EAGAIN);
	CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 105, 1), EAGAIN);
	SYS(lock(fd, F_SETLK, F_RDLCK, 105, 1));
	CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 1l << 40, 1), EAGAIN);
	SYS(lock(fd, F_SETLK, F_WRLCK, 0, 10));
	SYS(lock(fd, F_SETLK, F_WRLCK, 20, 80));
	_exit(0);
}

int main(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0644)), status;

	SYS(lock(fd, F_SETLK, F_WRLCK, 10, 10));
	SYS(lock(fd, F_SETLK, F_RDLCK, 100, 10));
	SYS(lock(fd, F_SETLK, F_WRLCK, 1000000, 0));
	ckpt_ready();
	if (SYS(fork()) == 0)
		other();
	SYS(wait(&status));
	CHECK_EQ(status, 0);
	SYS(lock(fd, F_SETLK, F_UNLCK, 0, 0));
	return ckpt_pass();
}
