// SPDX-License-Identifier: GPL-2.0-only
//
// Signal handlers keep function, flags and mask, and are called.
#include "../ckpt_test.h"

static volatile sig_atomic_t plain, with_info, code;

static void on_plain(int signal)
{
	plain += signal;
}

static void on_info(int signal, siginfo_t *info, void *context)
{
	with_info += context ? signal : 0;
	code = info->si_code;
}

int main(void)
{
	struct sigaction one = { .sa_handler = on_plain, .sa_flags = SA_RESETHAND | SA_NODEFER };
	struct sigaction two = { .sa_sigaction = on_info, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction seen;

	sigemptyset(&one.sa_mask);
	sigemptyset(&two.sa_mask);
	sigaddset(&two.sa_mask, SIGTERM);
	sigaddset(&two.sa_mask, SIGRTMIN + 7);
	SYS(sigaction(SIGUSR1, &one, NULL));
	SYS(sigaction(SIGRTMIN + 3, &two, NULL));
	ckpt_ready();

	SYS(sigaction(SIGUSR1, NULL, &seen));
	CHECK(seen.sa_handler == on_plain);
	CHECK_EQ(seen.sa_flags & (SA_RESETHAND | SA_NODEFER | SA_SIGINFO | SA_RESTART),
		 SA_RESETHAND | SA_NODEFER);
	SYS(sigaction(SIGRTMIN + 3, NULL, &seen));
	CHECK(seen.sa_sigaction == on_info);
	CHECK_EQ(seen.sa_flags & (SA_RESETHAND | SA_SIGINFO | SA_RESTART), SA_SIGINFO | SA_RESTART);
	CHECK(sigismember(&seen.sa_mask, SIGTERM) && sigismember(&seen.sa_mask, SIGRTMIN + 7));
	CHECK(!sigismember(&seen.sa_mask, SIGINT));

	SYS(kill(getpid(), SIGUSR1));
	SYS(kill(getpid(), SIGRTMIN + 3));
	CHECK_EQ(plain, SIGUSR1);
	CHECK_EQ(with_info, SIGRTMIN + 3);
	CHECK_EQ(code, SI_USER);
	SYS(sigaction(SIGUSR1, NULL, &seen));
	CHECK(seen.sa_handler == SIG_DFL);
	SYS(sigaction(SIGUSR2, NULL, &seen));
	CHECK(seen.sa_handler == SIG_DFL);
	return ckpt_pass();
}
