// SPDX-License-Identifier: GPL-2.0-only
//
// A sleep on the process's CPU clock, which never ends by itself, goes on until
// a signal comes.
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
	const struct timespec time = { .tv_sec = 100 };
	struct timespec left = { 0 };

	signal(SIGUSR1, handler);
	ckpt_announce();
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &time, &left), EINTR);
	CHECK_EQ(handled, SIGUSR1);
	CHECK(left.tv_sec >= 90 && left.tv_sec <= 100);
	return ckpt_pass();
}
