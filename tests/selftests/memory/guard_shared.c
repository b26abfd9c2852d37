// SPDX-License-Identifier: GPL-2.0-only
//
// Guard regions in shared mappings still guard, and can be removed: in shared
// anonymous memory, in a file, and in a file that is mapped for reading only. The
// pages under them keep their contents.
#include "guard.h"

#define PAGES 16
#define MAPPINGS 3

static bool is_guard(int page)
{
	return page == 0 || (page >= 5 && page < 8) || page == 15;
}

int main(void)
{
	unsigned char *maps[MAPPINGS];
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0644)), i, page;

	signal(SIGSEGV, guard_on_fault);
	SYS(ftruncate(fd, PAGES * CKPT_PAGE));
	maps[0] = ckpt_map(PAGES * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	maps[1] = mmap(NULL, PAGES * CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	maps[2] = mmap(NULL, PAGES * CKPT_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(maps[1] != MAP_FAILED && maps[2] != MAP_FAILED);
	for (page = 0; page < PAGES; page++) {
		ckpt_fill_pattern(maps[0] + page * CKPT_PAGE, CKPT_PAGE, page);
		ckpt_fill_pattern(maps[1] + page * CKPT_PAGE, CKPT_PAGE, page);
	}
	for (i = 0; i < MAPPINGS; i++)
		for (page = 0; page < PAGES; page++)
			if (is_guard(page) && madvise(maps[i] + page * CKPT_PAGE, CKPT_PAGE,
						      MADV_GUARD_INSTALL) != 0)
				ckpt_skip("no guard regions in shared mappings here");
	ckpt_ready();
	for (i = 0; i < MAPPINGS; i++) {
		for (page = 0; page < PAGES; page++) {
			CHECK_EQ(guarded(maps[i] + page * CKPT_PAGE), is_guard(page));
			if (!is_guard(page))
				ckpt_check_pattern(maps[i] + page * CKPT_PAGE, CKPT_PAGE, page);
		}
		SYS(madvise(maps[i], PAGES * CKPT_PAGE, MADV_GUARD_REMOVE));
		for (page = 0; page < PAGES; page++)
			ckpt_check_pattern(maps[i] + page * CKPT_PAGE, CKPT_PAGE, page);
	}
	return ckpt_pass();
}
