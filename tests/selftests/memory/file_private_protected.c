// SPDX-License-Identifier: GPL-2.0-only
//
// A private mapping of a file that was written and then made read-only, as the
// dynamic linker does, keeps what was written.
#include "smaps.h"

#define PAGES 8

int main(void)
{
	static unsigned char contents[PAGES * CKPT_PAGE];
	unsigned char *map;
	char before[256];
	int fd;

	ckpt_fill_pattern(contents, sizeof(contents), 21);
	ckpt_write_file("mapped", contents, sizeof(contents));
	fd = SYS(open("mapped", O_RDONLY));
	map = mmap(NULL, sizeof(contents), PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED);
	ckpt_fill_pattern(map, 2 * CKPT_PAGE, 22);
	SYS(mprotect(map, 4 * CKPT_PAGE, PROT_READ));
	SYS(mprotect(map + 4 * CKPT_PAGE, CKPT_PAGE, PROT_NONE));
	strcpy(before, smaps_line(map, "VmFlags"));
	ckpt_ready();
	CHECK_STR(smaps_line(map, "VmFlags"), before);
	ckpt_check_pattern(map, 2 * CKPT_PAGE, 22);
	CHECK_EQ(memcmp(map + 2 * CKPT_PAGE, contents + 2 * CKPT_PAGE, 2 * CKPT_PAGE), 0);
	CHECK_EQ(memcmp(map + 5 * CKPT_PAGE, contents + 5 * CKPT_PAGE, 3 * CKPT_PAGE), 0);
	SYS(mprotect(map, sizeof(contents), PROT_READ | PROT_WRITE));
	CHECK_EQ(memcmp(map + 4 * CKPT_PAGE, contents + 4 * CKPT_PAGE, CKPT_PAGE), 0);
	return ckpt_pass();
}
