// SPDX-License-Identifier: GPL-2.0-only
//
// SCHED_DEADLINE is refused.
//
// EXPECT: refused EOPNOTSUPP "SCHED_DEADLINE|deadline"
#include "../ckpt_test.h"

int main(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { sizeof(attr), 6, 0, 0, 0, 10000000, 100000000, 100000000 };

	if (syscall(SYS_sched_setattr, 0, &attr, 0) != 0)
		ckpt_skip("no deadline scheduling here");
	ckpt_ready();
	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), 6);
	return ckpt_pass();
}
