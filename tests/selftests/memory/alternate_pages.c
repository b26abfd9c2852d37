// SPDX-License-Identifier: GPL-2.0-only
//
// Of a mapping every second page has contents: more runs of pages than one record holds. Each
// page is where it was, and those between them are holes.
#include "../ckpt_test.h"

/* A record holds 4096 runs; there are three, and a part of one. */
#define RUNS (3 * 4096 + 100)

static uint64_t *page(unsigned char *memory, size_t number)
{
	return (uint64_t *)(memory + number * CKPT_PAGE);
}

int main(void)
{
	unsigned char *memory = ckpt_anon(2 * RUNS * CKPT_PAGE);
	static unsigned char resident[2 * RUNS];
	size_t i;

	SYS(madvise(memory, 2 * RUNS * CKPT_PAGE, MADV_NOHUGEPAGE));
	for (i = 0; i < RUNS; i++)
		page(memory, 2 * i)[i % 512] = ckpt_mix(64, i);
	ckpt_ready();
	SYS(mincore(memory, 2 * RUNS * CKPT_PAGE, resident));
	for (i = 0; i < RUNS; i++) {
		CHECK_EQ(page(memory, 2 * i)[i % 512], ckpt_mix(64, i));
		CHECK_EQ(page(memory, 2 * i)[(i + 1) % 512], 0);
		if (resident[2 * i + 1] & 1)
			ckpt_fail("page %zu was a hole and is there now", 2 * i + 1);
	}
	return ckpt_pass();
}
