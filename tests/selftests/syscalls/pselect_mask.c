// SPDX-License-Identifier: GPL-2.0-only
//
// pselect goes on with its own signal mask until a signal comes, and puts the
// old mask back.
//
// BLOCK: pselect6
// WAKE: USR1
#include "../ckpt_test.h"
#include <sys/select.h>

static volatile int handled;

static void handler(int signal)
{
	handled += signal;
}

int main(void)
{
	sigset_t blocked, open_mask, after;

	signal(SIGUSR1, handler);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	SYS(sigprocmask(SIG_SETMASK, &blocked, NULL));
	sigemptyset(&open_mask);
	ckpt_announce();
	CHECK_ERRNO(pselect(0, NULL, NULL, NULL, NULL, &open_mask), EINTR);
	CHECK_EQ(handled, SIGUSR1);
	SYS(sigprocmask(SIG_SETMASK, NULL, &after));
	CHECK(sigismember(&after, SIGUSR1));
	return ckpt_pass();
}
