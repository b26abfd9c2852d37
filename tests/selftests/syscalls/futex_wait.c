// SPDX-License-Identifier: GPL-2.0-only
//
// A futex wait without a time-out goes on; a signal ends it with EINTR.
//
// BLOCK: futex
// WAKE: USR1
#include "../ckpt_test.h"
#include <linux/futex.h>

static uint32_t word = 5;
static volatile int handled;

static void handler(int signal)
{
	handled += signal;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };

	SYS(sigaction(SIGUSR1, &action, NULL));
	ckpt_announce();
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 5, NULL), EINTR);
	CHECK_EQ(handled, SIGUSR1);
	return ckpt_pass();
}
