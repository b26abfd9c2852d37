// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers of a process whose first thread has exited: those for the process go on, also one that its
// queue waits for, and one for that thread is there still.
//
// MODES: -new-pid
// LIBS: -lpthread
#include "../threads/threads.h"
#include "timers.h"

static int whole, leader, cpu;

static void *thread(void *argument)
{
	int place = tree_wait();

	(void)argument;
	CHECK_EQ(timer_take(SIGRTMIN).si_timerid, whole);
	CHECK_EQ(timer_take(SIGRTMIN).si_timerid, whole);
	CHECK(timer_left(leader, NULL) > HOUR - 1200 * SECOND);
	CHECK(timer_left(cpu, NULL) > HOUR - 600 * SECOND);
	tree_report(place);
	return NULL;
}

static void process(void *argument)
{
	timer_block(SIGRTMIN);
	whole = timer_new(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 0);
	timer_arm(whole, 0, 1, 10 * 1000000);
	timer_await_pending(SIGRTMIN);
	leader = SYS(timer_try(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGALRM, 0, getpid()));
	timer_arm(leader, 0, HOUR, 0);
	cpu = timer_new(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGALRM, 0);
	timer_arm(cpu, 0, HOUR, 0);
	tree_thread(thread, NULL);
	pthread_exit(argument);
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_fork(process, NULL);
	while (tree_state(pid) != 'Z')
		usleep(1000);
	tree_go(1);
	tree_end(1);
	CHECK_EQ(tree_status(pid), 0);
	return ckpt_pass();
}
