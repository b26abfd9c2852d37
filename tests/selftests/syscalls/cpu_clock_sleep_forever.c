// SPDX-License-Identifier: GPL-2.0-only
//
// A sleep on the process's CPU clock for longer than the kernel can count is
// saved as well: the end of it has wrapped around there.
//
// BLOCK: clock_nanosleep
// WAKE: USR1
#include "../ckpt_test.h"

static volatile int handled;

static void handler(int signal)
{
	handled += signal;
}

int main(void)
{
	const struct timespec time = { .tv_sec = LONG_MAX };

	signal(SIGUSR1, handler);
	ckpt_announce();
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &time, NULL), EINTR);
	CHECK_EQ(handled, SIGUSR1);
	return ckpt_pass();
}
