// SPDX-License-Identifier: GPL-2.0-only
//
// pause goes on waiting; a signal ends it with EINTR after its handler.
//
// BLOCK: pause
// WAKE: USR1
#include "../ckpt_test.h"

static volatile int handled;

static void handler(int signal)
{
	handled += signal;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	SYS(sigaction(SIGUSR1, &action, NULL));
	ckpt_announce();
	CHECK_ERRNO(syscall(SYS_pause), EINTR);
	CHECK_EQ(handled, SIGUSR1);
	return ckpt_pass();
}
