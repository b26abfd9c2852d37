// SPDX-License-Identifier: GPL-2.0-only
//
// Holes of a deleted file stay holes, on a disk and in memory, however large; what was written as
// zeros is stored.
#include "../ckpt_test.h"

#define FAR (1ll << 40)

static int make(const char *path)
{
	static const char zeros[4 * 4096];
	int fd = SYS(open(path, O_RDWR | O_CREAT | O_EXCL, 0600));

	CHECK_EQ(pwrite(fd, zeros, sizeof(zeros), 8 * CKPT_PAGE), sizeof(zeros));
	CHECK_EQ(pwrite(fd, "near", 4, 100 * CKPT_PAGE - 2), 4);
	CHECK_EQ(pwrite(fd, "far", 3, FAR), 3);
	SYS(ftruncate(fd, FAR + 70 * CKPT_PAGE + 1));
	SYS(unlink(path));
	return fd;
}

static void check_data(int fd, off_t from, off_t start, off_t end)
{
	CHECK_EQ(lseek(fd, from, SEEK_DATA), start);
	CHECK_EQ(lseek(fd, start, SEEK_HOLE), end);
}

static void check(int fd)
{
	const off_t page = CKPT_PAGE;
	char text[8] = "";
	struct stat stat;

	check_data(fd, 0, 8 * page, 12 * page);
	check_data(fd, 12 * page, 99 * page, 101 * page);
	check_data(fd, 101 * page, FAR, FAR + page);
	CHECK_ERRNO(lseek(fd, FAR + page, SEEK_DATA), ENXIO);
	SYS(fstat(fd, &stat));
	CHECK_EQ(stat.st_size, FAR + 70 * page + 1);
	CHECK_EQ(pread(fd, text, 4, 100 * page - 2), 4);
	CHECK_STR(text, "near");
	CHECK_EQ(pread(fd, text, 4, FAR), 4);
	CHECK_STR(text, "far");
}

int main(void)
{
	char in_memory[64];
	int disk, memory;

	snprintf(in_memory, sizeof(in_memory), "/dev/shm/holes.%d", getpid());
	disk = make("holes");
	memory = make(in_memory);
	check(disk);
	check(memory);
	ckpt_ready();
	check(disk);
	check(memory);
	return ckpt_pass();
}
