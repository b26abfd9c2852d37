// SPDX-License-Identifier: GPL-2.0-only
//
// A filter that denies restart_syscall(2): a sleep that was frozen, or stopped, goes on by that call, and so
// ends with the filter's error, in the copy as in the original.
//
// MODES: -new-pid
#include "filters.h"

static void child(void *argument)
{
	struct timespec long_time = { .tv_sec = 100000 };
	int place = tree_place();

	(void)argument;
	filters_no_new_privs();
	filters_deny(SYS_restart_syscall, 111);
	tree_register(place);
	/* A single call: only what goes on by itself is denied. */
	CHECK_EQ(tree_call(SYS_nanosleep, (long)&long_time, 0, 0, 0, 0), -111);
	tree_report(place);
}

int main(void)
{
	tree_start();
	tree_fork(child, NULL);
	tree_wait_count(&tree->ready, 1, "are ready");
	while (tree_state(tree->task[1].tid) != 'S')
		usleep(1000);
	tree_go(1);
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
