// SPDX-License-Identifier: GPL-2.0-only
//
// What madvise said about mappings is kept: the flags in smaps are the same.
#include "smaps.h"

static const struct {
	int advice;
	const char *flag;
} advice[] = {
	{ MADV_DONTFORK, "dc" },    { MADV_WIPEONFORK, "wf" },	{ MADV_DONTDUMP, "dd" },
	{ MADV_SEQUENTIAL, "sr" },  { MADV_RANDOM, "rr" },	{ MADV_HUGEPAGE, "hg" },
	{ MADV_NOHUGEPAGE, "nh" },  { MADV_MERGEABLE, "mg" },
};

int main(void)
{
	static unsigned char *at[ARRAY_SIZE(advice)];
	static char before[ARRAY_SIZE(advice)][256];
	static bool possible[ARRAY_SIZE(advice)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(advice); i++) {
		at[i] = ckpt_anon(4 * CKPT_PAGE);
		ckpt_fill_pattern(at[i], CKPT_PAGE, i);
		possible[i] = madvise(at[i] + CKPT_PAGE, CKPT_PAGE, advice[i].advice) == 0;
		if (possible[i])
			CHECK(smaps_flag(at[i] + CKPT_PAGE, advice[i].flag));
		strcpy(before[i], smaps_line(at[i] + CKPT_PAGE, "VmFlags"));
	}
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(advice); i++) {
		CHECK_STR(smaps_line(at[i] + CKPT_PAGE, "VmFlags"), before[i]);
		CHECK(!possible[i] || !smaps_flag(at[i], advice[i].flag));
		ckpt_check_pattern(at[i], CKPT_PAGE, i);
	}
	return ckpt_pass();
}
