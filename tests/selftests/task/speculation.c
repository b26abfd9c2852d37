// SPDX-License-Identifier: GPL-2.0-only
//
// Speculation controls set by prctl stay.
#include "../ckpt_test.h"
#include <linux/prctl.h>
#include <sys/prctl.h>

int main(void)
{
	long before, indirect;

	before = prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
	if (before < 0 || !(before & PR_SPEC_PRCTL))
		ckpt_skip("speculation is not controlled by prctl here");
	SYS(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0));
	prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_DISABLE, 0, 0);
	before = prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
	indirect = prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, 0, 0, 0);
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0), before);
	CHECK_EQ(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, 0, 0, 0), indirect);
	return ckpt_pass();
}
