// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers that run with the CPU time of another process of the tree.
//
// MODES: -new-pid
#include "../tree/tree.h"
#include "timers.h"

static void busy(void *argument)
{
	int place = tree_wait();

	(void)argument;
	timer_burn(300 * 1000000);
	tree_report(place);
}

int main(void)
{
	int far, near;
	pid_t pid;

	tree_start();
	pid = tree_fork(busy, NULL);
	tree_wait_count(&tree->ready, 1, "are ready");
	timer_block(SIGRTMIN);
	timer_block(SIGRTMIN + 1);
	far = timer_new(timer_cpu_clock(pid, CPU_SCHED), SIGEV_SIGNAL, SIGRTMIN, 0);
	timer_arm(far, 0, HOUR, 5 * SECOND);
	near = timer_new(timer_cpu_clock(pid, CPU_SCHED), SIGEV_SIGNAL, SIGRTMIN + 1, 0);
	timer_arm(near, 0, 200 * 1000000, 0);
	timer_check_none(SIGRTMIN + 1);
	tree_go(1);
	CHECK(timer_left(far, NULL) > HOUR - 1200 * SECOND);
	CHECK_EQ(timer_take(SIGRTMIN + 1).si_timerid, near);
	tree_end(1);
	CHECK_EQ(tree_status(pid), 0);
	return ckpt_pass();
}
