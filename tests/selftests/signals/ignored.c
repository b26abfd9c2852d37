// SPDX-License-Identifier: GPL-2.0-only
//
// Ignored signals stay ignored, SIGCHLD with SA_NOCLDWAIT keeps its flag.
#include "../ckpt_test.h"

int main(void)
{
	struct sigaction no_wait = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
	struct sigaction seen;

	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGRTMIN + 1, SIG_IGN);
	SYS(sigaction(SIGCHLD, &no_wait, NULL));
	ckpt_ready();
	SYS(kill(getpid(), SIGTERM));
	SYS(kill(getpid(), SIGPIPE));
	SYS(kill(getpid(), SIGRTMIN + 1));
	SYS(sigaction(SIGTERM, NULL, &seen));
	CHECK(seen.sa_handler == SIG_IGN);
	SYS(sigaction(SIGCHLD, NULL, &seen));
	CHECK(seen.sa_handler == SIG_DFL);
	CHECK(seen.sa_flags & SA_NOCLDWAIT);
	if (SYS(fork()) == 0)
		_exit(3);
	CHECK_ERRNO(wait(NULL), ECHILD);
	return ckpt_pass();
}
