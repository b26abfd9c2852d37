// SPDX-License-Identifier: GPL-2.0-only
//
// What a timer of CPU time has missed while its signal was queued is told when that is taken.
#include "timers.h"

#define MS 1000000ll

int main(void)
{
	siginfo_t info;
	int id, thread;

	timer_block(SIGRTMIN);
	timer_block(SIGRTMIN + 1);
	id = timer_new(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN, 0);
	thread = timer_new(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN + 1, 0);
	timer_arm(id, 0, 1, 10 * MS);
	timer_arm(thread, 0, 1, 10 * MS);
	timer_burn(200 * MS);
	timer_await_pending(SIGRTMIN);
	timer_await_pending(SIGRTMIN + 1);
	ckpt_ready();
	info = timer_take(SIGRTMIN);
	CHECK_EQ(info.si_timerid, id);
	/* At least what had been used before. */
	CHECK(info.si_overrun >= 18);
	info = timer_take(SIGRTMIN + 1);
	CHECK_EQ(info.si_timerid, thread);
	CHECK(info.si_overrun >= 18);
	timer_burn(50 * MS);
	CHECK_EQ(timer_take(SIGRTMIN).si_timerid, id);
	CHECK_EQ(timer_take(SIGRTMIN + 1).si_timerid, thread);
	return ckpt_pass();
}
