// SPDX-License-Identifier: GPL-2.0-only
//
// Flags that mmap gave are kept: MAP_NORESERVE, MAP_STACK, MAP_POPULATE leave
// what they left; the flags in smaps are the same.
#include "smaps.h"

int main(void)
{
	const int flags[] = { 0, MAP_NORESERVE, MAP_STACK, MAP_POPULATE, MAP_32BIT,
			      MAP_NORESERVE | MAP_POPULATE };
	static unsigned char *at[ARRAY_SIZE(flags)];
	static char before[ARRAY_SIZE(flags)][256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		at[i] = ckpt_map(8 * CKPT_PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | flags[i]);
		/* Neighbours must not be merged: their flags are compared. */
		SYS(mprotect(at[i] + 7 * CKPT_PAGE, CKPT_PAGE, PROT_NONE));
		ckpt_fill_pattern(at[i], CKPT_PAGE, i);
		strcpy(before[i], smaps_line(at[i], "VmFlags"));
	}
	CHECK(smaps_flag(at[1], "nr"));
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		CHECK_STR(smaps_line(at[i], "VmFlags"), before[i]);
		ckpt_check_pattern(at[i], CKPT_PAGE, i);
	}
	return ckpt_pass();
}
