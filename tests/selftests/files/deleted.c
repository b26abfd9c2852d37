// SPDX-License-Identifier: GPL-2.0-only
//
// A deleted file on a disk or in memory keeps its contents, size, permissions, time of change and
// position, and has no name.
#include "../ckpt_test.h"
#include <sys/vfs.h>

#define TEXT "what it held"
/* More than is read or written at once, and no whole number of pages. */
#define LENGTH (600 * 1024 + 123)

static char pattern[LENGTH + 8];

static int make(const char *path)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = 1000000007 } };
	int fd = SYS(open(path, O_RDWR | O_CREAT | O_EXCL, 0600));

	CHECK_EQ(write(fd, pattern, LENGTH), LENGTH);
	SYS(fchmod(fd, 0751));
	SYS(futimens(fd, times));
	SYS(lseek(fd, 4711, SEEK_SET));
	SYS(unlink(path));
	return fd;
}

static void check(int fd, const char *path)
{
	static char bytes[LENGTH + 8];
	struct stat stat;

	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_nlink, 0);
	CHECK_EQ(stat.st_mode, S_IFREG | 0751);
	CHECK_EQ(stat.st_size, LENGTH);
	CHECK_EQ(stat.st_mtim.tv_sec, 1000000007);
	CHECK_EQ(stat.st_mtim.tv_nsec, 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4711);
	CHECK_EQ(pread(fd, bytes, sizeof(bytes), 0), LENGTH);
	CHECK_EQ(memcmp(bytes, pattern, LENGTH), 0);
	CHECK_EQ(write(fd, TEXT, sizeof(TEXT)), sizeof(TEXT));
	CHECK_EQ(pread(fd, bytes, sizeof(TEXT), 4711), sizeof(TEXT));
	CHECK_STR(bytes, TEXT);
	CHECK_ERRNO(access(path, F_OK), ENOENT);
}

int main(void)
{
	char in_memory[64];
	int disk, memory;
	struct statfs fs;

	ckpt_fill_pattern(pattern, LENGTH, 1);
	snprintf(in_memory, sizeof(in_memory), "/dev/shm/doomed.%d", getpid());
	disk = make("doomed");
	memory = make(in_memory);
	SYS(fstatfs(memory, &fs));
	CHECK_EQ(fs.f_type, 0x01021994);
	ckpt_ready();
	check(disk, "doomed");
	check(memory, in_memory);
	return ckpt_pass();
}
