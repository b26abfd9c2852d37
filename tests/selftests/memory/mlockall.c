// SPDX-License-Identifier: GPL-2.0-only
//
// mlockall(MCL_FUTURE) goes on to lock every new mapping.
#include "smaps.h"

#define LENGTH (16 * CKPT_PAGE)

int main(void)
{
	unsigned char *before = ckpt_anon(LENGTH), *after;

	ckpt_fill_pattern(before, LENGTH, 32);
	if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		ckpt_skip("memory cannot be locked here");
	ckpt_ready();
	CHECK(smaps_flag(before, "lo"));
	ckpt_check_pattern(before, LENGTH, 32);
	after = ckpt_map(LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	CHECK(smaps_flag(after, "lo"));
	/* It may have been merged with a neighbour. */
	CHECK(smaps_kib(after, "Locked") >= (long)LENGTH / 1024);
	SYS(munlockall());
	CHECK(!smaps_flag(before, "lo"));
	return ckpt_pass();
}
