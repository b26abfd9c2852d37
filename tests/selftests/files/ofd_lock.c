// SPDX-License-Identifier: GPL-2.0-only
//
// Open-file-description locks are held by the open file, also when it has two
// descriptors.
#include "../ckpt_test.h"

static int lock(int fd, short type, off_t start, off_t length)
{
	struct flock range = { .l_type = type, .l_whence = SEEK_SET, .l_start = start,
			       .l_len = length };

	return fcntl(fd, F_OFD_SETLK, &range);
}

int main(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0644)), copy = SYS(dup(fd)), other;

	SYS(lock(fd, F_WRLCK, 5, 5));
	SYS(lock(fd, F_RDLCK, 50, 5));
	ckpt_ready();
	other = SYS(open("file", O_RDWR));
	CHECK_ERRNO(lock(other, F_WRLCK, 7, 1), EAGAIN);
	CHECK_ERRNO(lock(other, F_WRLCK, 52, 1), EAGAIN);
	SYS(lock(other, F_RDLCK, 52, 1));
	SYS(lock(other, F_WRLCK, 10, 5));
	/* Closing one of two descriptors keeps the lock, unlike a POSIX lock. */
	SYS(close(fd));
	CHECK_ERRNO(lock(other, F_WRLCK, 7, 1), EAGAIN);
	SYS(close(copy));
	SYS(lock(other, F_WRLCK, 7, 1));
	return ckpt_pass();
}
