// SPDX-License-Identifier: GPL-2.0-only
//
// PR_SET_THP_DISABLE stays.
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	SYS(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
	SYS(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	return ckpt_pass();
}
