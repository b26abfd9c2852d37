// SPDX-License-Identifier: GPL-2.0-only
//
// A process whose children would get another time namespace is refused.
//
// EXPECT: refused EOPNOTSUPP "children of the task go to another time namespace"
#include "../ckpt_test.h"
#include <sched.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

int main(void)
{
	if (unshare(CLONE_NEWTIME) != 0)
		ckpt_skip("time namespaces cannot be made here");
	ckpt_ready();
	return ckpt_pass();
}
