// SPDX-License-Identifier: GPL-2.0-only
//
// A signal that waits for one thread waits for that one again; one that waits for
// the process waits for whoever takes it first.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 3

static void *thread(void *argument)
{
	struct timespec none = { 0 };
	siginfo_t info;
	sigset_t set;
	int place;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK_EQ(pthread_sigqueue(pthread_self(), SIGRTMIN + 1,
				  (union sigval){ .sival_int = (int)(long)argument }),
		 0);
	place = tree_wait();
	CHECK_EQ(SYS(sigwaitinfo(&set, &info)), SIGRTMIN + 1);
	CHECK_EQ(info.si_value.sival_int, (long)argument);
	CHECK_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (sigtimedwait(&set, &info, &none) == SIGUSR1)
		__atomic_fetch_add(&tree->word[0], 1, __ATOMIC_SEQ_CST);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];
	sigset_t set;

	tree_start();
	sigfillset(&set);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &set, NULL), 0);
	threads_start(id, COUNT, thread);
	tree_wait_count(&tree->ready, COUNT, "are ready");
	SYS(kill(getpid(), SIGUSR1));
	tree_go(COUNT);
	tree_end(COUNT);
	CHECK_EQ(tree->word[0], 1);
	threads_join(id, COUNT);
	return ckpt_pass();
}
