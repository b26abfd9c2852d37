// SPDX-License-Identifier: GPL-2.0-only
//
// A process in another cgroup namespace than the caller is refused.
//
// EXPECT: refused EOPNOTSUPP|EPERM "namespace" "cgroup"
#include "../ckpt_test.h"
#include <sched.h>

int main(void)
{
	char before[64] = "", after[64] = "";

	SYS(readlink("/proc/self/ns/cgroup", before, sizeof(before) - 1));
	if (unshare(CLONE_NEWCGROUP) != 0)
		ckpt_skip("this namespace cannot be made here");
	SYS(readlink("/proc/self/ns/cgroup", after, sizeof(after) - 1));
	CHECK(strcmp(before, after) != 0);
	ckpt_ready();
	SYS(readlink("/proc/self/ns/cgroup", before, sizeof(before) - 1));
	CHECK_STR(before, after);
	return ckpt_pass();
}
