// SPDX-License-Identifier: GPL-2.0-only
//
// Each thread has its own signal mask.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 6

static void check_mask(long number)
{
	sigset_t set;
	int i;

	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
	for (i = 0; i < COUNT + 1; i++)
		CHECK_EQ(sigismember(&set, SIGRTMIN + i), i == number);
}

static void block(long number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + (int)number);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &set, NULL), 0);
}

static void *thread(void *argument)
{
	int place;

	block((long)argument);
	place = tree_wait();
	check_mask((long)argument);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];

	tree_start();
	threads_start(id, COUNT, thread);
	tree_wait_count(&tree->ready, COUNT, "are ready");
	block(0);
	tree_go(COUNT);
	check_mask(0);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
