// SPDX-License-Identifier: GPL-2.0-only
//
// The utilization that a task has asked for stays, one bound of it or both (sched_setattr(2)).
#include "../ckpt_test.h"
#include <linux/sched/types.h>

#define KEEP_ALL	(0x08 | 0x10)
#define UTIL_MIN	0x20
#define UTIL_MAX	0x40

int main(void)
{
	struct sched_attr asked = { .size = sizeof(asked), .sched_flags = KEEP_ALL | UTIL_MIN | UTIL_MAX,
				    .sched_util_min = 100, .sched_util_max = 700 };
	struct sched_attr now = { .size = sizeof(now) };

	if (syscall(SYS_sched_setattr, 0, &asked, 0) != 0)
		ckpt_skip("no utilization clamping here");
	ckpt_ready();
	SYS(syscall(SYS_sched_getattr, 0, &now, sizeof(now), 0));
	CHECK_EQ(now.sched_util_min, 100);
	CHECK_EQ(now.sched_util_max, 700);
	return ckpt_pass();
}
