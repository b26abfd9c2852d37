// SPDX-License-Identifier: GPL-2.0-only
//
// System call user dispatch is refused.
//
// EXPECT: refused EOPNOTSUPP "dispatch"
#include "../ckpt_test.h"
#include <linux/prctl.h>
#include <sys/prctl.h>

int main(void)
{
	static char selector = SYSCALL_DISPATCH_FILTER_ALLOW;

	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) != 0)
		ckpt_skip("no system call user dispatch here");
	ckpt_ready();
	CHECK_EQ(selector, SYSCALL_DISPATCH_FILTER_ALLOW);
	return ckpt_pass();
}
