// SPDX-License-Identifier: GPL-2.0-only
//
// Each thread's area for restartable sequences is registered again, and tells the
// processor that the thread runs on.
//
// LIBS: -lpthread
#include "threads.h"
#include <sys/rseq.h>

#define COUNT 4

static void check_area(void)
{
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	int tries;

	/* The thread may move between two looks. */
	for (tries = 0; tries < 100; tries++)
		if ((int)area->cpu_id == sched_getcpu() && area->cpu_id < 4096)
			return;
	ckpt_fail("cpu_id is %d", (int)area->cpu_id);
}

static void *thread(void *argument)
{
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	int place;

	check_area();
	place = tree_wait();
	check_area();
	/* Registered: a second time is refused. */
	CHECK_ERRNO(syscall(SYS_rseq, area, __rseq_size < 32 ? 32 : __rseq_size, 0, RSEQ_SIG), EBUSY);
	tree_report(place);
	return argument;
}

int main(void)
{
	pthread_t id[COUNT];

	if (__rseq_size == 0)
		ckpt_skip("no restartable sequences");
	tree_start();
	threads_start(id, COUNT, thread);
	tree_go(COUNT);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
