// SPDX-License-Identifier: GPL-2.0-only
//
// ppoll goes on with its own signal mask, and puts the old one back.
//
// BLOCK: ppoll
// WAKE: USR1
#include "../ckpt_test.h"
#include <poll.h>

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
	CHECK_ERRNO(ppoll(NULL, 0, NULL, &open_mask), EINTR);
	CHECK_EQ(handled, SIGUSR1);
	SYS(sigprocmask(SIG_SETMASK, NULL, &after));
	CHECK(sigismember(&after, SIGUSR1));
	return ckpt_pass();
}
