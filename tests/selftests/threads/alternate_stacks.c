// SPDX-License-Identifier: GPL-2.0-only
//
// Each thread has its own alternate signal stack, and some are on it.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 4
#define SIZE 65536

static char *stacks;
static __thread long number;

static void handler(int signal)
{
	char here, *own = stacks + (number - 1) * SIZE;
	int place;

	(void)signal;
	CHECK(&here >= own && &here < own + SIZE);
	place = tree_wait();
	CHECK(&here >= own && &here < own + SIZE);
	tree_report(place);
}

static void *thread(void *argument)
{
	stack_t stack = { .ss_size = SIZE }, seen;

	number = (long)argument;
	stack.ss_sp = stacks + (number - 1) * SIZE;
	SYS(sigaltstack(&stack, NULL));
	if (number % 2)
		raise(SIGUSR1);
	else
		tree_part(NULL);
	SYS(sigaltstack(NULL, &seen));
	CHECK(seen.ss_sp == stack.ss_sp);
	CHECK_EQ(seen.ss_flags, 0);
	CHECK_EQ(seen.ss_size, SIZE);
	return NULL;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	pthread_t id[COUNT];

	tree_start();
	stacks = ckpt_anon(COUNT * SIZE);
	SYS(sigaction(SIGUSR1, &action, NULL));
	threads_start(id, COUNT, thread);
	tree_go(COUNT);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
