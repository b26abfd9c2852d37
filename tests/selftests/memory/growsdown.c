// SPDX-License-Identifier: GPL-2.0-only
//
// A MAP_GROWSDOWN mapping keeps its contents and still grows.
#include "smaps.h"

#define LENGTH (4 * CKPT_PAGE)

int main(void)
{
	/* Room to grow: the middle of a reservation. */
	unsigned char *room = ckpt_map(1024 * CKPT_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	unsigned char *at = room + 1000 * CKPT_PAGE, *low;
	int i;

	SYS(munmap(room, 1024 * CKPT_PAGE));
	low = mmap(at, LENGTH, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
	if (low != at)
		ckpt_skip("no MAP_GROWSDOWN at that address");
	ckpt_fill_pattern(low, LENGTH, 27);
	/* It has grown once before. */
	low[-8] = 1;
	ckpt_ready();
	CHECK(smaps_flag(low, "gd"));
	ckpt_check_pattern(low, LENGTH, 27);
	CHECK_EQ(low[-8], 1);
	for (i = 1; i < 200; i++)
		low[-8 - i * (long)CKPT_PAGE] = i;
	for (i = 1; i < 200; i++)
		CHECK_EQ(low[-8 - i * (long)CKPT_PAGE], i);
	ckpt_check_pattern(low, LENGTH, 27);
	return ckpt_pass();
}
