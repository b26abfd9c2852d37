// SPDX-License-Identifier: GPL-2.0-only
//
// A process whose children would get another pid namespace is refused.
//
// EXPECT: refused EOPNOTSUPP|EPERM "namespace" "pid"
#include "../ckpt_test.h"
#include <sched.h>

int main(void)
{
	if (unshare(CLONE_NEWPID) != 0)
		ckpt_skip("pid namespaces cannot be made here");
	ckpt_ready();
	return ckpt_pass();
}
