// SPDX-License-Identifier: GPL-2.0-only
//
// A real-time priority stays.
#include "../ckpt_test.h"
#include <sched.h>

int main(void)
{
	struct sched_param param = { .sched_priority = 12 };

	if (sched_setscheduler(0, SCHED_RR, &param) != 0)
		ckpt_skip("no real-time scheduling here");
	ckpt_ready();
	CHECK_EQ(sched_getscheduler(0), SCHED_RR);
	param.sched_priority = 0;
	SYS(sched_getparam(0, &param));
	CHECK_EQ(param.sched_priority, 12);
	return ckpt_pass();
}
