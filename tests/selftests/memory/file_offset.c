// SPDX-License-Identifier: GPL-2.0-only
//
// Mappings of the middle of a file keep their offset; one that reaches over the
// end of the file still raises SIGBUS there.
#include "../ckpt_test.h"
#include <setjmp.h>

#define PAGES 8

static sigjmp_buf back;

static void on_fault(int signal)
{
	siglongjmp(back, signal);
}

int main(void)
{
	static unsigned char contents[PAGES * CKPT_PAGE];
	unsigned char *middle, *over;
	int fd;

	ckpt_fill_pattern(contents, sizeof(contents), 23);
	ckpt_write_file("mapped", contents, sizeof(contents));
	fd = SYS(open("mapped", O_RDONLY));
	middle = mmap(NULL, 2 * CKPT_PAGE, PROT_READ, MAP_PRIVATE, fd, 3 * CKPT_PAGE);
	over = mmap(NULL, 4 * CKPT_PAGE, PROT_READ, MAP_SHARED, fd, 6 * CKPT_PAGE);
	CHECK(middle != MAP_FAILED && over != MAP_FAILED);
	signal(SIGBUS, on_fault);
	ckpt_ready();
	CHECK_EQ(memcmp(middle, contents + 3 * CKPT_PAGE, 2 * CKPT_PAGE), 0);
	CHECK_EQ(memcmp(over, contents + 6 * CKPT_PAGE, 2 * CKPT_PAGE), 0);
	if (sigsetjmp(back, 1) == 0) {
		*(volatile unsigned char *)(over + 2 * CKPT_PAGE);
		ckpt_fail("a page behind the end of the file can be read");
	}
	return ckpt_pass();
}
