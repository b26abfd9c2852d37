// SPDX-License-Identifier: GPL-2.0-only
//
// A shared mapping of a file opened for reading and writing that is read-only
// at the moment can be made writable, and then writes through.
#include "../ckpt_test.h"

int main(void)
{
	unsigned char *map, byte;
	int fd;

	fd = SYS(open("shared", O_RDWR | O_CREAT | O_TRUNC, 0644));
	SYS(ftruncate(fd, 2 * CKPT_PAGE));
	map = mmap(NULL, 2 * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	ckpt_fill_pattern(map, 2 * CKPT_PAGE, 26);
	SYS(mprotect(map, 2 * CKPT_PAGE, PROT_READ));
	ckpt_ready();
	ckpt_check_pattern(map, 2 * CKPT_PAGE, 26);
	SYS(mprotect(map, 2 * CKPT_PAGE, PROT_READ | PROT_WRITE));
	map[CKPT_PAGE] = 99;
	CHECK_EQ(pread(fd, &byte, 1, CKPT_PAGE), 1);
	CHECK_EQ(byte, 99);
	return ckpt_pass();
}
