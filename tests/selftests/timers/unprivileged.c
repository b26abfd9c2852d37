// SPDX-License-Identifier: GPL-2.0-only
//
// An ordinary user's POSIX timers are saved and restarted without any privilege.
//
// USER: 65534
// MODES: run-on new-pid
#include "timers.h"

int main(void)
{
	int clock, cpu, queued;

	timer_block(SIGALRM);
	clock = timer_new(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, 0);
	timer_arm(clock, 0, HOUR, SECOND);
	cpu = timer_new(CLOCK_THREAD_CPUTIME_ID, SIGEV_NONE, 0, 0);
	timer_arm(cpu, 0, HOUR, 0);
	queued = timer_new(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGALRM, 0);
	timer_arm(queued, 0, 1, 1000 * 1000);
	timer_await_pending(SIGALRM);
	CHECK_EQ(timer_try(CLOCK_REALTIME_ALARM, SIGEV_SIGNAL, SIGALRM, 0, 0), -1);
	ckpt_ready();
	CHECK(timer_left(clock, NULL) > HOUR - 1200 * SECOND);
	CHECK(timer_left(cpu, NULL) > HOUR - 1200 * SECOND);
	CHECK_EQ(timer_take(SIGALRM).si_timerid, queued);
	CHECK_EQ(timer_take(SIGALRM).si_timerid, queued);
	CHECK_EQ(timer_try(CLOCK_REALTIME_ALARM, SIGEV_SIGNAL, SIGALRM, 0, 0), -1);
	return ckpt_pass();
}
