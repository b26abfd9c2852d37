// SPDX-License-Identifier: GPL-2.0-only
//
// Shared anonymous memory, also that of /dev/zero, holds what it held, in parts and moved, and counts
// against the limit for shared memory only what is used.
#include "../ckpt_test.h"

#define PAGES 600

int main(void)
{
	const int protection = PROT_READ | PROT_WRITE;
	unsigned char *whole = ckpt_map(PAGES * CKPT_PAGE, protection, MAP_SHARED | MAP_ANONYMOUS);
	unsigned char *sparse = ckpt_map(1ul << 30, protection,
					 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE);
	int fd = SYS(open("/dev/zero", O_RDWR));
	unsigned char *zero = mmap(NULL, 2 * CKPT_PAGE, protection, MAP_SHARED, fd, 0);
	unsigned char *moved, *to = ckpt_anon(4 * CKPT_PAGE);

	CHECK(zero != MAP_FAILED);
	ckpt_fill_pattern(whole, PAGES * CKPT_PAGE, 50);
	ckpt_fill_pattern(zero, CKPT_PAGE, 51);
	sparse[700 << 20] = 1;
	SYS(munmap(whole + CKPT_PAGE, CKPT_PAGE));
	moved = mremap(whole + 2 * CKPT_PAGE, 4 * CKPT_PAGE, 4 * CKPT_PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, to);
	CHECK(moved == to);
	SYS(mprotect(whole + 10 * CKPT_PAGE, CKPT_PAGE, PROT_READ));
	ckpt_ready();
	ckpt_check_pattern(whole, CKPT_PAGE, 50);
	CHECK_EQ(*(uint64_t *)moved, ckpt_mix(50, 2 * CKPT_PAGE / 8));
	CHECK_EQ(*(uint64_t *)(whole + 10 * CKPT_PAGE), ckpt_mix(50, 10 * CKPT_PAGE / 8));
	CHECK_EQ(*(uint64_t *)(whole + 599 * CKPT_PAGE), ckpt_mix(50, 599 * CKPT_PAGE / 8));
	ckpt_check_pattern(zero, CKPT_PAGE, 51);
	CHECK_EQ(zero[CKPT_PAGE], 0);
	CHECK_EQ(sparse[700 << 20], 1);
	CHECK_EQ(sparse[3 << 20], 0);
	/* What is still one object is so at its old offsets. */
	CHECK(mremap(whole + 9 * CKPT_PAGE, 0, CKPT_PAGE, MREMAP_MAYMOVE) != MAP_FAILED);
	return ckpt_pass();
}
