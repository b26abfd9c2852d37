// SPDX-License-Identifier: GPL-2.0-only
//
// A MAP_DROPPABLE mapping is one again; its pages hold what they held or zeros.
#include "smaps.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

#define PAGES 16

int main(void)
{
	static const unsigned char zero[CKPT_PAGE];
	unsigned char *at = mmap(NULL, PAGES * CKPT_PAGE, PROT_READ | PROT_WRITE,
				 MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
	int i;

	if (at == MAP_FAILED)
		ckpt_skip("no MAP_DROPPABLE here");
	for (i = 0; i < PAGES; i++)
		ckpt_fill_pattern(at + i * CKPT_PAGE, CKPT_PAGE, i);
	ckpt_ready();
	CHECK(smaps_flag(at, "dp"));
	for (i = 0; i < PAGES; i++)
		if (memcmp(at + i * CKPT_PAGE, zero, CKPT_PAGE) != 0)
			ckpt_check_pattern(at + i * CKPT_PAGE, CKPT_PAGE, i);
	memset(at, 1, PAGES * CKPT_PAGE);
	return ckpt_pass();
}
