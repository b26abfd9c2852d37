// SPDX-License-Identifier: GPL-2.0-only
//
// A periodic POSIX timer whose signal is ignored waits; when that is not ignored any more it comes, with what
// has been missed.
#include "timers.h"

#define MS 1000000ll

static void signal_set(int number, void (*what)(int))
{
	CHECK(signal(number, what) != SIG_ERR);
}

int main(void)
{
	int periodic, day, never, once, number;
	siginfo_t info;

	for (number = 40; number < 44; number++)
		signal_set(number, SIG_IGN);
	periodic = timer_new(CLOCK_MONOTONIC, SIGEV_SIGNAL, 40, 0);
	timer_arm(periodic, 0, 1, 10 * MS);
	day = timer_new(CLOCK_REALTIME, SIGEV_SIGNAL, 41, 0);
	timer_arm(day, TIMER_ABSTIME, timer_clock(CLOCK_REALTIME) + 1, 10 * MS);
	never = timer_new(CLOCK_BOOTTIME, SIGEV_SIGNAL, 42, 0);
	timer_arm(never, 0, 1, 10 * MS);
	once = timer_new(CLOCK_BOOTTIME, SIGEV_SIGNAL, 43, 0);
	timer_arm(once, 0, 1, 0);
	usleep(200000);
	ckpt_ready();
	timer_block(40);
	signal_set(40, SIG_DFL);
	info = timer_take(40);
	CHECK_EQ(info.si_timerid, periodic);
	CHECK(info.si_overrun >= 19);
	CHECK_EQ(timer_take(40).si_timerid, periodic);
	timer_block(41);
	signal_set(41, SIG_DFL);
	info = timer_take(41);
	CHECK_EQ(info.si_timerid, day);
	CHECK(info.si_overrun >= 19);
	timer_block(43);
	timer_check_none(43);
	CHECK_EQ(timer_left(once, NULL), 0);
	CHECK(timer_left(never, NULL) > 0);
	timer_delete_it(never);
	return ckpt_pass();
}
