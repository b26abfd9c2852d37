// SPDX-License-Identifier: GPL-2.0-only
//
// A working directory that has been deleted, and is open, too, stays such; nothing can be made in it.
#include "../ckpt_test.h"

int main(void)
{
	struct stat cwd, opened;
	char path[PATH_MAX];
	int fd, other;

	/* READY and GO are found by absolute paths. */
	ckpt_path(path, "x");
	SYS(mkdir("doomed", 0751));
	SYS(mkdir("other", 0700));
	other = SYS(open("other", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	SYS(rmdir("other"));
	SYS(chdir("doomed"));
	fd = SYS(open(".", O_RDONLY | O_DIRECTORY));
	SYS(rmdir("../doomed"));
	ckpt_ready();
	CHECK_ERRNO(syscall(SYS_getcwd, path, sizeof(path)), ENOENT);
	SYS(stat(".", &cwd));
	SYS(fstat(fd, &opened));
	CHECK_EQ(cwd.st_ino, opened.st_ino);
	CHECK_EQ(cwd.st_mode, S_IFDIR | 0751);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_DIRECTORY, O_DIRECTORY);
	CHECK_ERRNO(open("file", O_WRONLY | O_CREAT, 0600), ENOENT);
	CHECK_ERRNO(openat(other, "file", O_WRONLY | O_CREAT, 0600), ENOENT);
	CHECK_EQ(fcntl(other, F_GETFD), FD_CLOEXEC);
	SYS(fstat(other, &opened));
	CHECK(cwd.st_ino != opened.st_ino);
	return ckpt_pass();
}
