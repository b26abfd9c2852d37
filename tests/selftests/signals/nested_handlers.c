// SPDX-License-Identifier: GPL-2.0-only
//
// Handlers within handlers: a program saved in the third returns through all of
// them, and can jump out of one.
#include "../ckpt_test.h"
#include <setjmp.h>

static volatile int depth, returned;
static sigjmp_buf out;

static void handler(int signal)
{
	(void)signal;
	if (++depth < 3)
		SYS(kill(getpid(), SIGUSR1));
	else
		ckpt_ready();
	returned++;
	depth--;
}

static void jump(int signal)
{
	siglongjmp(out, signal);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_NODEFER };
	sigset_t mask;

	SYS(sigaction(SIGUSR1, &action, NULL));
	signal(SIGUSR2, jump);
	SYS(kill(getpid(), SIGUSR1));
	CHECK_EQ(returned, 3);
	CHECK_EQ(depth, 0);
	if (sigsetjmp(out, 1) == 0) {
		SYS(kill(getpid(), SIGUSR2));
		ckpt_fail("the handler of SIGUSR2 did not run");
	}
	SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK(!sigismember(&mask, SIGUSR2));
	return ckpt_pass();
}
