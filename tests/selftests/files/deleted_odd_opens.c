// SPDX-License-Identifier: GPL-2.0-only
//
// Deleted files that are open for writing only, with O_PATH, or locked stay so.
#include "../ckpt_test.h"
#include <sys/file.h>

static void check_locked(int fd, int operation, int again)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 4 };

	CHECK_ERRNO(flock(again, operation | LOCK_NB), EWOULDBLOCK);
	/* The range belongs to the process: another one asks. */
	if (SYS(fork()) == 0) {
		SYS(fcntl(fd, F_GETLK, &range));
		_exit(range.l_type == F_WRLCK && range.l_start == 3 && range.l_len == 4 ? 0 : 1);
	}
	SYS(wait(&operation));
	CHECK_EQ(operation, 0);
}

int main(void)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 4 };
	int write_only = SYS(open("one", O_WRONLY | O_CREAT | O_EXCL | O_SYNC, 0600));
	int locked = SYS(open("two", O_RDWR | O_CREAT | O_EXCL, 0600));
	int path = SYS(open("two", O_PATH | O_CLOEXEC)), again;
	struct stat one, two;
	char text[8] = "";

	SYS(unlink("one"));
	SYS(unlink("two"));
	CHECK_EQ(write(write_only, "data", 4), 4);
	CHECK_EQ(write(locked, "locked", 6), 6);
	SYS(flock(locked, LOCK_EX));
	SYS(fcntl(locked, F_SETLK, &range));
	ckpt_ready();
	CHECK_EQ(fcntl(write_only, F_GETFL) & (O_ACCMODE | O_SYNC), O_WRONLY | O_SYNC);
	CHECK_ERRNO(read(write_only, text, 1), EBADF);
	again = SYS(open("/proc/self/fd/3", O_RDONLY));
	CHECK_EQ(write_only, 3);
	CHECK_EQ(read(again, text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	CHECK(fcntl(path, F_GETFL) & O_PATH);
	CHECK_EQ(fcntl(path, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(read(path, text, 1), EBADF);
	SYS(fstat(path, &one));
	SYS(fstat(locked, &two));
	CHECK_EQ(one.st_ino, two.st_ino);
	again = SYS(openat(AT_FDCWD, "/proc/self/fd/5", O_RDWR));
	CHECK_EQ(path, 5);
	check_locked(locked, LOCK_SH, again);
	return ckpt_pass();
}
