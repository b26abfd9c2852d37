// SPDX-License-Identifier: GPL-2.0-only
//
// A tree of processes: children have the filters of their parents, and some of their own upon these.
//
// MODES: -new-pid
#include "filters.h"

#define DEPTH 3

static void denied(int number, int error)
{
	CHECK_EQ(tree_call(number, 0, 0, 0, 0, 0), -error);
}

static void check(int depth)
{
	denied(SYS_times, 101);
	filters_are(SECCOMP_MODE_FILTER, 1 + depth);
	if (depth > 0)
		denied(SYS_sysinfo, 200 + depth);
	if (depth == 0)
		CHECK(tree_call(SYS_sysinfo, 0, 0, 0, 0, 0) != -201);
}

/* One with a filter more than its parent has, and children like that. */
static void descendant(void *argument)
{
	long depth = (long)argument;
	int place, status;

	filters_deny(SYS_sysinfo, 200 + depth);
	if (depth < DEPTH) {
		tree_fork(descendant, (void *)(depth + 1));
		tree_fork(descendant, (void *)(depth + 1));
	}
	place = tree_wait();
	check(depth);
	tree_report(place);
	while (wait(&status) > 0)
		CHECK_EQ(status, 0);
}

static void same(void *argument)
{
	int place = tree_wait();

	(void)argument;
	check(0);
	tree_report(place);
}

int main(void)
{
	tree_start();
	filters_no_new_privs();
	filters_deny(SYS_times, 101);
	tree_fork(same, NULL);
	tree_fork(descendant, (void *)1);
	tree_fork(same, NULL);
	tree_go(2 + 7);
	tree_end(2 + 7);
	check(0);
	tree_reap_all(3);
	return ckpt_pass();
}
