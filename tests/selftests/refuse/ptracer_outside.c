// SPDX-License-Identifier: GPL-2.0-only
//
// A process that lets one outside of the tree trace it is refused (PR_SET_PTRACER).
//
// EXPECT: refused EOPNOTSUPP "PR_SET_PTRACER"
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	if (access("/proc/sys/kernel/yama/ptrace_scope", R_OK) != 0)
		ckpt_skip("no Yama here");
	SYS(prctl(PR_SET_PTRACER, getppid(), 0, 0, 0));
	ckpt_ready();
	SYS(prctl(PR_SET_PTRACER, 0, 0, 0, 0));
	return ckpt_pass();
}
