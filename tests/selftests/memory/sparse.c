// SPDX-License-Identifier: GPL-2.0-only
//
// Of a large mapping only the pages that were written have contents; the holes
// between them stay holes: they are not resident and read as zero.
#include "../ckpt_test.h"

#define PAGES 16384
#define EVERY 61

int main(void)
{
	unsigned char *memory = ckpt_anon(PAGES * CKPT_PAGE);
	static unsigned char resident[PAGES];
	size_t i;

	SYS(madvise(memory, PAGES * CKPT_PAGE, MADV_NOHUGEPAGE));
	for (i = 0; i < PAGES; i += EVERY)
		ckpt_fill_pattern(memory + i * CKPT_PAGE, CKPT_PAGE, i);
	ckpt_ready();
	SYS(mincore(memory, PAGES * CKPT_PAGE, resident));
	for (i = 0; i < PAGES; i++)
		if (i % EVERY != 0 && (resident[i] & 1))
			ckpt_fail("page %zu was a hole and is there now", i);
	for (i = 0; i < PAGES; i++) {
		if (i % EVERY == 0)
			ckpt_check_pattern(memory + i * CKPT_PAGE, CKPT_PAGE, i);
		else
			CHECK_EQ(memory[i * CKPT_PAGE + i % CKPT_PAGE], 0);
	}
	return ckpt_pass();
}
