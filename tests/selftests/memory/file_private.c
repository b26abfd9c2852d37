// SPDX-License-Identifier: GPL-2.0-only
//
// A private mapping of a file: pages that were written keep what was written,
// the others show the file; the file itself does not change.
#include "../ckpt_test.h"

#define PAGES 64

int main(void)
{
	static unsigned char contents[PAGES * CKPT_PAGE], check[PAGES * CKPT_PAGE];
	unsigned char *map;
	int fd, i;

	ckpt_fill_pattern(contents, sizeof(contents), 20);
	ckpt_write_file("mapped", contents, sizeof(contents));
	fd = SYS(open("mapped", O_RDONLY));
	map = mmap(NULL, sizeof(contents), PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED);
	SYS(close(fd));
	for (i = 0; i < PAGES; i += 3)
		ckpt_fill_pattern(map + i * CKPT_PAGE, CKPT_PAGE, 100 + i);
	ckpt_ready();
	for (i = 0; i < PAGES; i++) {
		if (i % 3 == 0)
			ckpt_check_pattern(map + i * CKPT_PAGE, CKPT_PAGE, 100 + i);
		else
			CHECK_EQ(memcmp(map + i * CKPT_PAGE, contents + i * CKPT_PAGE, CKPT_PAGE),
				 0);
	}
	fd = SYS(open("mapped", O_RDONLY));
	CHECK_EQ(read(fd, check, sizeof(check)), (ssize_t)sizeof(check));
	CHECK_EQ(memcmp(check, contents, sizeof(check)), 0);
	map[CKPT_PAGE] ^= 1;
	CHECK_EQ(pread(fd, check, CKPT_PAGE, CKPT_PAGE), (ssize_t)CKPT_PAGE);
	CHECK_EQ(memcmp(check, contents + CKPT_PAGE, CKPT_PAGE), 0);
	return ckpt_pass();
}
