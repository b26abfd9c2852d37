// SPDX-License-Identifier: GPL-2.0-only
//
// Pages that were put aside by MADV_PAGEOUT or MADV_COLD keep their contents.
#include "../ckpt_test.h"

#ifndef MADV_PAGEOUT
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif

#define LENGTH (512 * CKPT_PAGE)

int main(void)
{
	unsigned char *at = ckpt_anon(2 * LENGTH);

	ckpt_fill_pattern(at, 2 * LENGTH, 40);
	if (madvise(at, LENGTH, MADV_PAGEOUT) != 0)
		ckpt_skip("no MADV_PAGEOUT here");
	SYS(madvise(at + LENGTH, LENGTH, MADV_COLD));
	ckpt_ready();
	ckpt_check_pattern(at, 2 * LENGTH, 40);
	return ckpt_pass();
}
