// SPDX-License-Identifier: GPL-2.0-only
//
// A pending signal is delivered when it is unblocked after a restart: its
// handler runs with what was queued.
#include "../ckpt_test.h"

static volatile int seen_signal, seen_value, seen_code, order;

static void handler(int signal, siginfo_t *info, void *context)
{
	(void)context;
	seen_signal = signal;
	seen_value = info->si_value.sival_int;
	seen_code = info->si_code;
	order = order * 10 + (info->si_value.sival_int & 7);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigset_t all, none;
	int i;

	sigfillset(&all);
	sigemptyset(&none);
	sigfillset(&action.sa_mask);
	SYS(sigaction(SIGRTMIN + 2, &action, NULL));
	SYS(sigprocmask(SIG_SETMASK, &all, NULL));
	for (i = 1; i <= 4; i++)
		SYS(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = 96 + i }));
	ckpt_ready();
	CHECK_EQ(order, 0);
	SYS(sigprocmask(SIG_SETMASK, &none, NULL));
	CHECK_EQ(order, 1234);
	CHECK_EQ(seen_signal, SIGRTMIN + 2);
	CHECK_EQ(seen_value, 100);
	CHECK_EQ(seen_code, SI_QUEUE);
	return ckpt_pass();
}
