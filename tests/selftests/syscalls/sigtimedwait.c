// SPDX-License-Identifier: GPL-2.0-only
//
// sigwaitinfo gets a signal that comes after the restart. (That freezing makes
// it return EINTR is so without a checkpoint, too.)
//
// BLOCK: rt_sigtimedwait
// WAKE: USR1
#include "../ckpt_test.h"

int main(void)
{
	siginfo_t info;
	sigset_t set, pending;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	ckpt_announce();
	do
		signal = sigwaitinfo(&set, &info);
	while (signal < 0 && errno == EINTR);
	CHECK_EQ(signal, SIGUSR1);
	CHECK_EQ(info.si_code, SI_USER);
	SYS(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGUSR1));
	return ckpt_pass();
}
