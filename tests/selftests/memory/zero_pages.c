// SPDX-License-Identifier: GPL-2.0-only
//
// Pages that were read but never written, and pages that were written with
// zeros, read as zero and can be written.
#include "../ckpt_test.h"

#define PAGES 512

int main(void)
{
	unsigned char *read_only = ckpt_anon(PAGES * CKPT_PAGE);
	unsigned char *written = ckpt_anon(PAGES * CKPT_PAGE);
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < PAGES; i++)
		sum += ((volatile unsigned char *)read_only)[i * CKPT_PAGE];
	memset(written, 1, PAGES * CKPT_PAGE);
	memset(written, 0, PAGES * CKPT_PAGE);
	ckpt_ready();
	for (i = 0; i < PAGES * CKPT_PAGE; i++)
		sum += read_only[i] + written[i];
	CHECK_EQ(sum, 0);
	ckpt_fill_pattern(read_only, PAGES * CKPT_PAGE, 3);
	ckpt_fill_pattern(written, PAGES * CKPT_PAGE, 4);
	ckpt_check_pattern(read_only, PAGES * CKPT_PAGE, 3);
	ckpt_check_pattern(written, PAGES * CKPT_PAGE, 4);
	return ckpt_pass();
}
