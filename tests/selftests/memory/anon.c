// SPDX-License-Identifier: GPL-2.0-only
//
// Private anonymous memory keeps its contents, at the same address.
#include "../ckpt_test.h"

#define LENGTH (256 * CKPT_PAGE)

int main(void)
{
	unsigned char *memory = ckpt_anon(LENGTH);

	ckpt_fill_pattern(memory, LENGTH, 1);
	ckpt_ready();
	ckpt_check_pattern(memory, LENGTH, 1);
	/* And it can be written. */
	ckpt_fill_pattern(memory, LENGTH, 2);
	ckpt_check_pattern(memory, LENGTH, 2);
	return ckpt_pass();
}
