// SPDX-License-Identifier: GPL-2.0-only
//
// Threads that are within signal handlers return from them.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 4

static __thread long number, depth;

static void handler(int signal)
{
	int place;

	depth++;
	/* The last one is in two handlers. */
	if (number == COUNT && signal == SIGUSR1) {
		raise(SIGUSR2);
		return;
	}
	place = tree_wait();
	tree_report(place);
}

static void *thread(void *argument)
{
	number = (long)argument;
	raise(SIGUSR1);
	CHECK_EQ(depth, number == COUNT ? 2 : 1);
	return NULL;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	pthread_t id[COUNT];

	tree_start();
	SYS(sigaction(SIGUSR1, &action, NULL));
	SYS(sigaction(SIGUSR2, &action, NULL));
	threads_start(id, COUNT, thread);
	tree_go(COUNT);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
