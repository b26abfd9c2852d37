// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers that tell of nothing (SIGEV_NONE), running, over, and periodic.
#include "timers.h"

int main(void)
{
	static char before[1 << 16], after[1 << 16];
	int running, over, periodic, cpu, cpu_over, day;
	int64_t interval;

	running = timer_new(CLOCK_MONOTONIC, SIGEV_NONE, 0, 1);
	timer_arm(running, 0, HOUR, 0);
	/* Any number will do. */
	over = timer_new(CLOCK_BOOTTIME, SIGEV_NONE, -77, 2);
	timer_arm(over, 0, 1, 0);
	periodic = timer_new(CLOCK_REALTIME, SIGEV_NONE, 1000, 3);
	timer_arm(periodic, 0, 1, HOUR);
	cpu = timer_new(CLOCK_THREAD_CPUTIME_ID, SIGEV_NONE, SIGALRM, 4);
	timer_arm(cpu, 0, HOUR, HOUR / 2);
	cpu_over = timer_new(CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE, SIGALRM, 5);
	timer_arm(cpu_over, 0, 1, 0);
	day = timer_new(CLOCK_REALTIME, SIGEV_NONE, SIGALRM, 6);
	timer_arm(day, TIMER_ABSTIME, timer_clock(CLOCK_REALTIME) - HOUR, 3 * HOUR);
	timer_list(before, sizeof(before));
	ckpt_ready();
	timer_list(after, sizeof(after));
	CHECK_STR(after, before);
	CHECK(timer_left(running, NULL) > HOUR - 1200 * SECOND);
	CHECK_EQ(timer_left(over, NULL), 0);
	CHECK(timer_left(periodic, &interval) > HOUR - 1200 * SECOND);
	CHECK_EQ(interval, HOUR);
	CHECK(timer_left(cpu, &interval) > HOUR - 600 * SECOND);
	CHECK_EQ(interval, HOUR / 2);
	CHECK_EQ(timer_left(cpu_over, NULL), 0);
	CHECK(timer_left(day, &interval) > 2 * HOUR - 1200 * SECOND);
	CHECK(timer_left(day, NULL) <= 2 * HOUR);
	CHECK_EQ(interval, 3 * HOUR);
	return ckpt_pass();
}
