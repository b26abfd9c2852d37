// SPDX-License-Identifier: GPL-2.0-only
//
// A NUMA memory policy is refused.
//
// EXPECT: refused EOPNOTSUPP "policy|mempolicy|NUMA"
#include "../ckpt_test.h"

int main(void)
{
	const unsigned long node = 1;

	if (syscall(SYS_set_mempolicy, 2 /* bind */, &node, 8ul) != 0)
		ckpt_skip("no memory policies here");
	ckpt_ready();
	return ckpt_pass();
}
