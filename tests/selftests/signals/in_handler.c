// SPDX-License-Identifier: GPL-2.0-only
//
// A program that is saved in the middle of a handler on the alternate stack
// returns from it: registers, mask and stack are those of before the signal.
#include "../ckpt_test.h"

#define SIZE (64 * 1024)

static char *stack_start;
static volatile int handled;

static void handler(int number, siginfo_t *info, void *context)
{
	sigset_t mask;
	stack_t stack;
	char local;

	CHECK(context != NULL);
	CHECK_EQ(info->si_code, SI_QUEUE);
	CHECK_EQ(info->si_value.sival_int, 4711);
	ckpt_ready();
	CHECK(&local >= stack_start && &local < stack_start + SIZE);
	SYS(sigaltstack(NULL, &stack));
	CHECK(stack.ss_flags & SS_ONSTACK);
	SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK(sigismember(&mask, number) && sigismember(&mask, SIGUSR2));
	CHECK(!sigismember(&mask, SIGTERM));
	CHECK_EQ(info->si_value.sival_int, 4711);
	handled++;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = handler,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	volatile double number = 1.0 / 3.0;
	double before = number * 3.7, after;
	stack_t stack = { .ss_size = SIZE };
	sigset_t mask;

	stack_start = ckpt_anon(SIZE);
	stack.ss_sp = stack_start;
	SYS(sigaltstack(&stack, NULL));
	sigaddset(&action.sa_mask, SIGUSR2);
	SYS(sigaction(SIGUSR1, &action, NULL));
	SYS(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 4711 }));
	after = number * 3.7;
	CHECK_EQ(handled, 1);
	CHECK(before == after);
	SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
	SYS(sigaltstack(NULL, &stack));
	CHECK_EQ(stack.ss_flags, 0);
	return ckpt_pass();
}
