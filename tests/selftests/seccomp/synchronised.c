// SPDX-License-Identifier: GPL-2.0-only
//
// Threads whose filters are the same, some with more than others: they are the same ones after a restart, so
// that SECCOMP_FILTER_FLAG_TSYNC still gives all of them those of the one that has most.
//
// MODES: -new-pid
// LIBS: -lpthread
#include "../threads/threads.h"
#include "filters.h"

#define COUNT 6

static void denied(int number, int error)
{
	CHECK_EQ(tree_call(number, 0, 0, 0, 0, 0), -error);
}

static void *thread(void *argument)
{
	int place;

	tree_until(&tree->word[1], 1);
	place = tree_wait();
	denied(SYS_times, 101);
	filters_are(SECCOMP_MODE_FILTER, 2);
	tree_report(place);
	tree_until(&tree->word[0], 1);
	/* Now it has those of the leader. */
	denied(SYS_times, 103);
	denied(SYS_sysinfo, 102);
	filters_are(SECCOMP_MODE_FILTER, 4);
	return argument;
}

int main(void)
{
	pthread_t id[COUNT];

	tree_start();
	threads_start(id, COUNT / 2, thread);
	filters_no_new_privs();
	filters_add(SYS_times, SECCOMP_RET_ERRNO | 101, SECCOMP_FILTER_FLAG_TSYNC);
	/* These get it from their maker. */
	threads_start(id + COUNT / 2, COUNT / 2, thread);
	filters_add(SYS_getitimer, SECCOMP_RET_ERRNO | 104, SECCOMP_FILTER_FLAG_TSYNC);
	/* This one is the leader's alone. */
	filters_deny(SYS_sysinfo, 102);
	tree_store(&tree->word[1], 1);
	tree_go(COUNT);
	tree_end(COUNT);
	filters_are(SECCOMP_MODE_FILTER, 3);
	CHECK_EQ(filters_try(SYS_times, SECCOMP_RET_ERRNO | 103, SECCOMP_FILTER_FLAG_TSYNC), 0);
	tree_store(&tree->word[0], 1);
	threads_join(id, COUNT);
	filters_are(SECCOMP_MODE_FILTER, 4);
	return ckpt_pass();
}
