// SPDX-License-Identifier: GPL-2.0-only
//
// Nice values, policies, affinities, timer slack: each thread's own.
//
// LIBS: -lpthread
#include "threads.h"
#include <sys/resource.h>

#define COUNT 3

static void *thread(void *argument)
{
	struct sched_param none = { 0 };
	long number = (long)argument;
	pid_t tid = tree_call(SYS_gettid, 0, 0, 0, 0, 0);
	cpu_set_t cpus;
	int place;

	SYS(setpriority(PRIO_PROCESS, tid, (int)number + 2));
	if (number == 2)
		SYS(sched_setscheduler(tid, SCHED_BATCH, &none));
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	SYS(sched_setaffinity(tid, sizeof(cpus), &cpus));
	SYS(prctl(PR_SET_TIMERSLACK, number * 100000));
	place = tree_wait();
	CHECK_EQ(getpriority(PRIO_PROCESS, tid), number + 2);
	CHECK_EQ(sched_getscheduler(tid), number == 2 ? SCHED_BATCH : SCHED_OTHER);
	SYS(sched_getaffinity(tid, sizeof(cpus), &cpus));
	CHECK_EQ(CPU_COUNT(&cpus), 1);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), number * 100000);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];

	tree_start();
	threads_start(id, COUNT, thread);
	tree_go(COUNT);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
