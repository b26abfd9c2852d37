/* SPDX-License-Identifier: GPL-2.0-only */
/* A process with POSIX timers, some of which have expired. */
#ifndef FAULTS_TIMERS_H
#define FAULTS_TIMERS_H

#include "../timers/timers.h"

static inline void faults_timers(void)
{
	int i, id;

	timer_block(SIGRTMIN);
	for (i = 0; i < 6; i++) {
		id = timer_new(i % 2 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID,
			       i == 4 ? SIGEV_NONE : SIGEV_SIGNAL, SIGRTMIN, i);
		timer_arm(id, 0, i == 1 || i == 3 ? 1 : HOUR, i / 2 * SECOND);
	}
	timer_await_pending(SIGRTMIN);
	target_waits();
}

#endif /* FAULTS_TIMERS_H */
