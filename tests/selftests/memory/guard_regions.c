// SPDX-License-Identifier: GPL-2.0-only
//
// Guard regions made by MADV_GUARD_INSTALL still guard, and can be removed; the
// pages around them keep their contents.
#include "guard.h"

#define PAGES 32

static bool is_guard(int page)
{
	return page == 3 || (page >= 10 && page < 15) || page == 31;
}

int main(void)
{
	unsigned char *at = ckpt_anon(PAGES * CKPT_PAGE);
	int i;

	signal(SIGSEGV, guard_on_fault);
	for (i = 0; i < PAGES; i++)
		ckpt_fill_pattern(at + i * CKPT_PAGE, CKPT_PAGE, i);
	for (i = 0; i < PAGES; i++)
		if (is_guard(i) && madvise(at + i * CKPT_PAGE, CKPT_PAGE, MADV_GUARD_INSTALL) != 0)
			ckpt_skip("no guard regions here");
	ckpt_ready();
	for (i = 0; i < PAGES; i++) {
		CHECK_EQ(guarded(at + i * CKPT_PAGE), is_guard(i));
		if (!is_guard(i))
			ckpt_check_pattern(at + i * CKPT_PAGE, CKPT_PAGE, i);
	}
	SYS(madvise(at, PAGES * CKPT_PAGE, MADV_GUARD_REMOVE));
	for (i = 0; i < PAGES; i++)
		CHECK(!guarded(at + i * CKPT_PAGE));
	CHECK_EQ(at[3 * CKPT_PAGE], 0);
	return ckpt_pass();
}
