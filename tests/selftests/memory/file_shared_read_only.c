// SPDX-License-Identifier: GPL-2.0-only
//
// A shared mapping of a file that was opened read-only shows the file, and
// cannot be made writable.
#include "smaps.h"

int main(void)
{
	static unsigned char contents[4 * CKPT_PAGE];
	unsigned char *map;
	char before[256];
	int fd;

	ckpt_fill_pattern(contents, sizeof(contents), 25);
	ckpt_write_file("shared", contents, sizeof(contents));
	fd = SYS(open("shared", O_RDONLY));
	map = mmap(NULL, sizeof(contents), PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	SYS(close(fd));
	strcpy(before, smaps_line(map, "VmFlags"));
	ckpt_ready();
	CHECK_EQ(memcmp(map, contents, sizeof(contents)), 0);
	CHECK_STR(smaps_line(map, "VmFlags"), before);
	CHECK_ERRNO(mprotect(map, CKPT_PAGE, PROT_READ | PROT_WRITE), EACCES);
	fd = SYS(open("shared", O_WRONLY));
	CHECK_EQ(pwrite(fd, "x", 1, 9), 1);
	CHECK_EQ(map[9], 'x');
	return ckpt_pass();
}
