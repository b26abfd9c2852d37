// SPDX-License-Identifier: GPL-2.0-only
//
// PR_SET_MEMORY_MERGE stays.
#include "../ckpt_test.h"
#include <sys/prctl.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

int main(void)
{
	unsigned char *at = ckpt_anon(8 * CKPT_PAGE);

	ckpt_fill_pattern(at, 8 * CKPT_PAGE, 37);
	if (prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0) != 0)
		ckpt_skip("no PR_SET_MEMORY_MERGE here");
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0), 1);
	ckpt_check_pattern(at, 8 * CKPT_PAGE, 37);
	return ckpt_pass();
}
