// SPDX-License-Identifier: GPL-2.0-only
//
// Threads within different system calls: sleeping till a time, for a time, in
// poll, in sigsuspend, in a futex with a limit.
//
// LIBS: -lpthread
#include "threads.h"
#include <poll.h>

static void nothing(int signal)
{
	(void)signal;
}

static void *thread(void *argument)
{
	struct timespec second = { .tv_sec = 1 }, at;
	int64_t begin = ckpt_now_ms();
	uint32_t word = 0;
	sigset_t none;
	int place = tree_place();

	tree_register(place);
	switch ((long)argument) {
	case 1:
		CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &second, NULL), 0);
		break;
	case 2:
		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_sec++;
		CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0);
		break;
	case 3:
		CHECK_EQ(poll(NULL, 0, 1000), 0);
		break;
	case 4:
		CHECK_EQ(tree_call(SYS_futex, (long)&word, FUTEX_WAIT, 0, (long)&second, 0),
			 -ETIMEDOUT);
		break;
	case 5:
		sigemptyset(&none);
		CHECK_ERRNO(sigsuspend(&none), EINTR);
		CHECK_EQ(tree_load(&tree->phase), TREE_GOES);
		break;
	}
	if ((long)argument < 5)
		CHECK(ckpt_now_ms() - begin >= 1000);
	tree_report(place);
	return NULL;
}

int main(void)
{
	struct sigaction action = { .sa_handler = nothing };
	pthread_t id[5];
	sigset_t set;

	tree_start();
	SYS(sigaction(SIGUSR1, &action, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	threads_start(id, 5, thread);
	tree_go(5);
	pthread_kill(id[4], SIGUSR1);
	tree_end(5);
	threads_join(id, 5);
	return ckpt_pass();
}
