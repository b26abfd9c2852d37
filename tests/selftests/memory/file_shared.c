// SPDX-License-Identifier: GPL-2.0-only
//
// A shared mapping of a regular file is connected with the file in both
// directions.
#include "../ckpt_test.h"

#define LENGTH (8 * CKPT_PAGE)

int main(void)
{
	static unsigned char check[LENGTH];
	unsigned char *map;
	int fd;

	fd = SYS(open("shared", O_RDWR | O_CREAT | O_TRUNC, 0644));
	SYS(ftruncate(fd, LENGTH));
	map = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	SYS(close(fd));
	ckpt_fill_pattern(map, LENGTH, 24);
	ckpt_ready();
	ckpt_check_pattern(map, LENGTH, 24);
	fd = SYS(open("shared", O_RDWR));
	CHECK_EQ(read(fd, check, LENGTH), (ssize_t)LENGTH);
	ckpt_check_pattern(check, LENGTH, 24);
	map[5] = 'm';
	CHECK_EQ(pread(fd, check, 1, 5), 1);
	CHECK_EQ(check[0], 'm');
	CHECK_EQ(pwrite(fd, "f", 1, CKPT_PAGE + 7), 1);
	CHECK_EQ(map[CKPT_PAGE + 7], 'f');
	return ckpt_pass();
}
