// SPDX-License-Identifier: GPL-2.0-only
//
// A process in another user namespace than the caller is refused.
//
// EXPECT: refused EOPNOTSUPP|EPERM "namespace|user"
#include "../ckpt_test.h"
#include <sched.h>

int main(void)
{
	if (unshare(CLONE_NEWUSER) != 0)
		ckpt_skip("user namespaces cannot be made here");
	ckpt_ready();
	CHECK_EQ(getuid(), 65534);
	return ckpt_pass();
}
