// SPDX-License-Identifier: GPL-2.0-only
//
// 64 MiB of memory come back word for word.
#include "../ckpt_test.h"

#define LENGTH (64ul << 20)

int main(void)
{
	unsigned char *at = ckpt_anon(LENGTH);

	ckpt_fill_pattern(at, LENGTH, 34);
	ckpt_ready();
	ckpt_check_pattern(at, LENGTH, 34);
	return ckpt_pass();
}
