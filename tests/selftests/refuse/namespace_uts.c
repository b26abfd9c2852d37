// SPDX-License-Identifier: GPL-2.0-only
//
// A process in another UTS namespace than the caller is refused.
//
// EXPECT: refused EOPNOTSUPP|EPERM "namespace" "uts|UTS"
#include "../ckpt_test.h"
#include <sched.h>

int main(void)
{
	char before[64] = "", after[64] = "";

	SYS(readlink("/proc/self/ns/uts", before, sizeof(before) - 1));
	if (unshare(CLONE_NEWUTS) != 0)
		ckpt_skip("this namespace cannot be made here");
	SYS(readlink("/proc/self/ns/uts", after, sizeof(after) - 1));
	CHECK(strcmp(before, after) != 0);
	ckpt_ready();
	SYS(readlink("/proc/self/ns/uts", before, sizeof(before) - 1));
	CHECK_STR(before, after);
	return ckpt_pass();
}
