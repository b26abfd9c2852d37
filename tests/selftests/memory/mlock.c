// SPDX-License-Identifier: GPL-2.0-only
//
// Locked memory is locked again: by mlock all of it is resident, by
// MLOCK_ONFAULT what is touched.
#include "smaps.h"

#define LENGTH (16 * CKPT_PAGE)

int main(void)
{
	unsigned char *locked = ckpt_anon(LENGTH);
	unsigned char *on_fault = ckpt_anon(LENGTH);
	unsigned char *plain = ckpt_anon(LENGTH);
	char flags[2][256];

	ckpt_fill_pattern(locked, CKPT_PAGE, 30);
	ckpt_fill_pattern(on_fault, CKPT_PAGE, 31);
	/* Do not let the three be merged into one mapping. */
	SYS(mprotect(plain, CKPT_PAGE, PROT_READ));
	if (mlock(locked, LENGTH) != 0)
		ckpt_skip("memory cannot be locked here");
	SYS(mlock2(on_fault, LENGTH, MLOCK_ONFAULT));
	CHECK_EQ(smaps_kib(locked, "Locked"), (long)LENGTH / 1024);
	strcpy(flags[0], smaps_line(locked, "VmFlags"));
	strcpy(flags[1], smaps_line(on_fault, "VmFlags"));
	ckpt_ready();
	CHECK_STR(smaps_line(locked, "VmFlags"), flags[0]);
	CHECK_STR(smaps_line(on_fault, "VmFlags"), flags[1]);
	CHECK_EQ(smaps_kib(locked, "Rss"), (long)LENGTH / 1024);
	CHECK_EQ(smaps_kib(locked, "Locked"), (long)LENGTH / 1024);
	CHECK_EQ(smaps_kib(on_fault, "Rss"), 4);
	CHECK(!smaps_flag(plain, "lo"));
	ckpt_check_pattern(locked, CKPT_PAGE, 30);
	ckpt_check_pattern(on_fault, CKPT_PAGE, 31);
	SYS(munlock(locked, LENGTH));
	CHECK_EQ(smaps_kib(locked, "Locked"), 0);
	return ckpt_pass();
}
