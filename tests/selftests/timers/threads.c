// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers of threads: signals to one thread, also queued ones, and clocks that show the CPU time of a
// thread, made by that one and by another.
//
// MODES: -new-pid
// LIBS: -lpthread
#include "../threads/threads.h"
#include "timers.h"

#define COUNT 3
#define MS 1000000ll

enum { QUEUED = 40, LATER, CPU };

struct owned {
	pid_t tid;
	int queued, later, cpu, by_root;
};

static struct owned owned[COUNT + 1];

static int make(clockid_t clock, int signal, pid_t tid, int64_t value, int64_t interval)
{
	int id = SYS(timer_try(clock, SIGEV_THREAD_ID, signal, tid, tid));

	timer_arm(id, 0, value, interval);
	return id;
}

static void *thread(void *argument)
{
	struct owned *own = &owned[(long)argument];
	siginfo_t info;
	int place;

	own->tid = syscall(SYS_gettid);
	own->queued = make(CLOCK_MONOTONIC, QUEUED, own->tid, 1, 10 * MS);
	own->later = make(CLOCK_REALTIME, LATER, own->tid, HOUR, HOUR);
	own->cpu = make(CLOCK_THREAD_CPUTIME_ID, CPU, own->tid, 10 * HOUR, 0);
	/* Nobody else takes it. */
	timer_await_pending(QUEUED);
	place = tree_wait();
	info = timer_take(QUEUED);
	CHECK_EQ(info.si_timerid, own->queued);
	CHECK_EQ(info.si_int, own->tid);
	CHECK_EQ(timer_take(QUEUED).si_timerid, own->queued);
	CHECK(timer_left(own->later, NULL) > HOUR - 1200 * SECOND);
	timer_arm(own->later, 0, 1, 0);
	CHECK_EQ(timer_take(LATER).si_timerid, own->later);
	/* Its own time, nobody else's. */
	timer_arm(own->cpu, 0, 30 * MS, 0);
	timer_check_none(CPU);
	timer_burn(60 * MS);
	CHECK_EQ(timer_take(CPU).si_timerid, own->cpu);
	timer_arm(own->by_root, TIMER_ABSTIME, 1, 0);
	CHECK_EQ(timer_take(CPU).si_timerid, own->by_root);
	tree_report(place);
	return NULL;
}

int main(void)
{
	static char before[1 << 16], after[1 << 16];
	pthread_t id[COUNT];
	sigset_t set;
	long i;

	tree_start();
	sigfillset(&set);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &set, NULL), 0);
	threads_start(id, COUNT, thread);
	tree_wait_count(&tree->ready, COUNT, "are ready");
	for (i = 1; i <= COUNT; i++)
		owned[i].by_root = make(timer_cpu_clock(owned[i].tid, CPU_SCHED | CPU_OF_THREAD), CPU,
					owned[i].tid, HOUR, 0);
	timer_list(before, sizeof(before));
	tree_go(COUNT);
	timer_list(after, sizeof(after));
	CHECK_STR(after, before);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
