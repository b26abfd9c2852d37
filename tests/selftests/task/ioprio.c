// SPDX-License-Identifier: GPL-2.0-only
//
// The input and output priority stays.
#include "../ckpt_test.h"

#define BEST_EFFORT_6 ((2 << 13) | 6)

int main(void)
{
	SYS(syscall(SYS_ioprio_set, 1, 0, BEST_EFFORT_6));
	ckpt_ready();
	CHECK_EQ(syscall(SYS_ioprio_get, 1, 0), BEST_EFFORT_6);
	return ckpt_pass();
}
