// SPDX-License-Identifier: GPL-2.0-only
//
// sigsuspend goes on waiting with its own mask; when a signal ends it the mask
// of before is back.
//
// BLOCK: rt_sigsuspend
// WAKE: USR1
// MODES: -new-pid
#include "../ckpt_test.h"

static volatile int handled;

static void handler(int signal)
{
	sigset_t mask;

	SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	/* The mask of sigsuspend and the signal itself. */
	CHECK(sigismember(&mask, SIGTERM) && sigismember(&mask, signal));
	CHECK(!sigismember(&mask, SIGUSR2));
	handled++;
}

int main(void)
{
	sigset_t before, waiting, after;

	signal(SIGUSR1, handler);
	sigemptyset(&before);
	sigaddset(&before, SIGUSR1);
	sigaddset(&before, SIGUSR2);
	SYS(sigprocmask(SIG_SETMASK, &before, NULL));
	sigemptyset(&waiting);
	sigaddset(&waiting, SIGTERM);
	ckpt_announce();
	CHECK_ERRNO(sigsuspend(&waiting), EINTR);
	CHECK_EQ(handled, 1);
	SYS(sigprocmask(SIG_SETMASK, NULL, &after));
	CHECK(sigismember(&after, SIGUSR1) && sigismember(&after, SIGUSR2));
	CHECK(!sigismember(&after, SIGTERM));
	return ckpt_pass();
}
