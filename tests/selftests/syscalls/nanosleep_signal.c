// SPDX-License-Identifier: GPL-2.0-only
//
// A signal interrupts a sleep that was brought back: EINTR, and the time that is
// left is told.
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
	const struct timespec hour = { .tv_sec = 3600 };
	struct timespec left = { 0 };

	signal(SIGUSR1, handler);
	ckpt_announce();
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, &left), EINTR);
	CHECK_EQ(handled, SIGUSR1);
	CHECK(left.tv_sec >= 3000 && left.tv_sec < 3600);
	return ckpt_pass();
}
