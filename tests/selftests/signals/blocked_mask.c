// SPDX-License-Identifier: GPL-2.0-only
//
// The mask of blocked signals stays.
#include "../ckpt_test.h"

int main(void)
{
	sigset_t mask, seen;
	int i;

	sigfillset(&mask);
	sigdelset(&mask, SIGALRM);
	sigdelset(&mask, SIGRTMIN + 5);
	sigdelset(&mask, SIGTTOU);
	SYS(sigprocmask(SIG_SETMASK, &mask, NULL));
	ckpt_ready();
	SYS(sigprocmask(SIG_SETMASK, NULL, &seen));
	sigdelset(&mask, SIGKILL);
	sigdelset(&mask, SIGSTOP);
	for (i = 1; i <= SIGRTMAX; i++)
		if (i < 32 || i >= SIGRTMIN)
			CHECK_EQ(sigismember(&seen, i), sigismember(&mask, i));
	return ckpt_pass();
}
