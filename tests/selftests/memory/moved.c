// SPDX-License-Identifier: GPL-2.0-only
//
// Memory that mremap has moved and grown, and a heap that has shrunk, come back.
#include "../ckpt_test.h"

#define LENGTH (32 * CKPT_PAGE)

int main(void)
{
	unsigned char *at = ckpt_anon(LENGTH), *target = ckpt_anon(2 * LENGTH);
	char *heap = sbrk(64 * CKPT_PAGE);

	ckpt_fill_pattern(at, LENGTH, 41);
	ckpt_fill_pattern(heap, 64 * CKPT_PAGE, 42);
	SYS(munmap(target, 2 * LENGTH));
	at = mremap(at, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, target);
	CHECK(at == target);
	CHECK(sbrk(-40 * (long)CKPT_PAGE) != (void *)-1);
	ckpt_ready();
	ckpt_check_pattern(at, LENGTH, 41);
	CHECK_EQ(at[LENGTH], 0);
	CHECK(sbrk(0) == heap + 24 * CKPT_PAGE);
	ckpt_check_pattern(heap, 24 * CKPT_PAGE, 42);
	/* mremap still sees one mapping with its pages. */
	at = mremap(at, 2 * LENGTH, LENGTH / 2, 0);
	CHECK(at == target);
	ckpt_check_pattern(at, LENGTH / 2, 41);
	return ckpt_pass();
}
