// SPDX-License-Identifier: GPL-2.0-only
//
// A futex wait that a signal interrupts is restarted behind a handler with
// SA_RESTART, with the arguments that it had: the word has changed by then.
//
// BLOCK: futex
// WAKE: USR1
#include "../ckpt_test.h"
#include <linux/futex.h>

static uint32_t word = 5;

static void handler(int signal)
{
	word += signal;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	SYS(sigaction(SIGUSR1, &action, NULL));
	ckpt_announce();
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 5, NULL), EAGAIN);
	CHECK_EQ(word, 5 + SIGUSR1);
	return ckpt_pass();
}
