// SPDX-License-Identifier: GPL-2.0-only
//
// A NUMA memory policy of one mapping is refused.
//
// EXPECT: refused EOPNOTSUPP "policy|mempolicy|NUMA"
#include "../ckpt_test.h"

int main(void)
{
	const unsigned long node = 1;
	unsigned char *at = ckpt_anon(16 * CKPT_PAGE);

	if (syscall(SYS_mbind, at, 16 * CKPT_PAGE, 2 /* bind */, &node, 8ul, 0) != 0)
		ckpt_skip("no memory policies here");
	at[5] = 5;
	ckpt_ready();
	CHECK_EQ(at[5], 5);
	return ckpt_pass();
}
