// SPDX-License-Identifier: GPL-2.0-only
//
// A POSIX timer that runs with the CPU time of a process outside of the tree is refused.
//
// EXPECT: refused EOPNOTSUPP "POSIX timer 0:" "gone or outside of the tree"
#include "../timers/timers.h"

int main(void)
{
	int id = timer_new(timer_cpu_clock(getppid(), CPU_SCHED), SIGEV_SIGNAL, SIGALRM, 0);

	timer_arm(id, 0, HOUR, 0);
	ckpt_ready();
	CHECK(timer_left(id, NULL) > 0);
	return ckpt_pass();
}
