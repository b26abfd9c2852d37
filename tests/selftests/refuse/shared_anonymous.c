// SPDX-License-Identifier: GPL-2.0-only
//
// Shared anonymous memory is refused by its address range.
//
// EXPECT: refused EOPNOTSUPP "shared"
#include "../ckpt_test.h"

int main(void)
{
	unsigned char *map = ckpt_map(4 * CKPT_PAGE, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS);

	ckpt_fill_pattern(map, 4 * CKPT_PAGE, 50);
	ckpt_ready();
	ckpt_check_pattern(map, 4 * CKPT_PAGE, 50);
	return ckpt_pass();
}
