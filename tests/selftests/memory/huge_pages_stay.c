// SPDX-License-Identifier: GPL-2.0-only
//
// Transparent huge pages stay huge, and keep their contents; a split one next to
// them as well.
#include "smaps.h"

#define HUGE (2ul << 20)

int main(void)
{
	unsigned char *room = ckpt_anon(9 * HUGE);
	unsigned char *at = (unsigned char *)(((uintptr_t)room + HUGE - 1) & -HUGE);
	long before;

	if (madvise(at, 8 * HUGE, MADV_HUGEPAGE) != 0)
		ckpt_skip("no transparent huge pages here");
	ckpt_fill_pattern(at, 6 * HUGE, 33);
	before = smaps_kib(at, "AnonHugePages");
	if (before == 0)
		ckpt_skip("no huge page was to be had");
	/* Half of the last one goes away. */
	SYS(madvise(at + 5 * HUGE, HUGE / 2, MADV_DONTNEED));
	before = smaps_kib(at, "AnonHugePages");
	ckpt_ready();
	ckpt_check_pattern(at, 5 * HUGE, 33);
	CHECK_EQ(at[5 * HUGE], 0);
	CHECK(at[5 * HUGE + HUGE / 2] | at[5 * HUGE + HUGE / 2 + 1]);
	if (smaps_kib(at, "AnonHugePages") < before)
		ckpt_fail("%ld KiB of huge pages are left of %ld",
			  smaps_kib(at, "AnonHugePages"), before);
	return ckpt_pass();
}
