// SPDX-License-Identifier: GPL-2.0-only
//
// The scheduling policy stays: SCHED_BATCH with its nice value and the
// reset-on-fork flag.
#include "../ckpt_test.h"
#include <sched.h>
#include <sys/resource.h>

int main(void)
{
	SYS(sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &(struct sched_param){ 0 }));
	SYS(setpriority(PRIO_PROCESS, 0, 3));
	ckpt_ready();
	CHECK_EQ(sched_getscheduler(0), SCHED_BATCH | SCHED_RESET_ON_FORK);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 3);
	return ckpt_pass();
}
