// SPDX-License-Identifier: GPL-2.0-only
//
// The alternate signal stack stays, and handlers that ask for it run on it.
#include "../ckpt_test.h"

#define SIZE (64 * 1024)

static volatile uintptr_t where;

static void handler(int signal)
{
	char local = signal;

	where = (uintptr_t)&local;
}

int main(void)
{
	struct sigaction on_stack = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_sp = ckpt_anon(SIZE), .ss_size = SIZE }, seen;

	SYS(sigaltstack(&stack, NULL));
	SYS(sigaction(SIGUSR1, &on_stack, NULL));
	ckpt_ready();
	SYS(sigaltstack(NULL, &seen));
	CHECK(seen.ss_sp == stack.ss_sp);
	CHECK_EQ(seen.ss_size, SIZE);
	CHECK_EQ(seen.ss_flags, 0);
	SYS(kill(getpid(), SIGUSR1));
	CHECK(where - (uintptr_t)stack.ss_sp < SIZE);
	return ckpt_pass();
}
