// SPDX-License-Identifier: GPL-2.0-only
//
// A POSIX timer whose signal goes to a thread that is gone is refused.
//
// EXPECT: refused EOPNOTSUPP "POSIX timer 1:" "thread that gets its signal is gone"
// LIBS: -lpthread
#include "../timers/timers.h"
#include <pthread.h>

static void *thread(void *argument)
{
	*(int *)argument = timer_try(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGALRM, 0,
				     syscall(SYS_gettid));
	return NULL;
}

int main(void)
{
	int first = timer_new(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0), second;
	pthread_t id;

	CHECK_EQ(first, 0);
	CHECK_EQ(pthread_create(&id, NULL, thread, &second), 0);
	CHECK_EQ(pthread_join(id, NULL), 0);
	CHECK_EQ(second, 1);
	ckpt_ready();
	CHECK_EQ(timer_left(second, NULL), 0);
	return ckpt_pass();
}
