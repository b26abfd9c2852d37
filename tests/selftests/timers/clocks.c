// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers of all clocks, armed and not: what is left, intervals, and what /proc tells.
#include "timers.h"

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI,
				    CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM,
				    CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID };

#define COUNT ARRAY_SIZE(clocks)

/* What is left of an hour, somewhat later. */
static void check_hour(int id, int64_t interval)
{
	int64_t every, left = timer_left(id, &every);

	if (left <= HOUR - 1200 * SECOND || left > HOUR)
		ckpt_fail("timer %d has %lld ns left", id, (long long)left);
	CHECK_EQ(every, interval);
	CHECK_EQ(timer_overrun(id), 0);
}

int main(void)
{
	static char before[1 << 16], after[1 << 16];
	int armed[COUNT], idle[COUNT], prof, virt, day, absolute, far;
	unsigned int i;

	for (i = 0; i < COUNT; i++) {
		/* There may be no clock that could wake the machine, or it is root's only. */
		armed[i] = timer_try(clocks[i], SIGEV_SIGNAL, SIGUSR1, i, 0);
		if (armed[i] < 0 && (errno == EOPNOTSUPP || (errno == EPERM && geteuid() != 0)))
			continue;
		CHECK(armed[i] >= 0);
		timer_arm(armed[i], 0, HOUR, i * SECOND);
		idle[i] = timer_new(clocks[i], SIGEV_THREAD, SIGUSR2, -1L - i);
	}
	CHECK(armed[3] >= 0 && armed[COUNT - 1] >= 0);
	prof = timer_new(timer_cpu_clock(0, CPU_PROF), SIGEV_SIGNAL, SIGPROF, 1);
	timer_arm(prof, 0, HOUR, 3);
	virt = timer_new(timer_cpu_clock(0, CPU_VIRT | CPU_OF_THREAD), SIGEV_SIGNAL, SIGVTALRM, 2);
	timer_arm(virt, 0, HOUR, 0);
	day = timer_new(CLOCK_REALTIME, SIGEV_SIGNAL, 64, 0);
	timer_arm(day, TIMER_ABSTIME, timer_clock(CLOCK_REALTIME) + HOUR, SECOND);
	absolute = timer_new(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGALRM, 0x123456789abcdefl);
	timer_arm(absolute, TIMER_ABSTIME, timer_clock(CLOCK_MONOTONIC) + HOUR, 0);
	far = timer_new(CLOCK_BOOTTIME, SIGEV_SIGNAL, SIGALRM, 0);
	timer_arm(far, 0, INT64_MAX / 2, INT64_MAX / 4);
	timer_list(before, sizeof(before));
	ckpt_ready();
	timer_list(after, sizeof(after));
	CHECK_STR(after, before);
	for (i = 0; i < COUNT; i++) {
		if (armed[i] < 0)
			continue;
		check_hour(armed[i], i * SECOND);
		CHECK_EQ(timer_left(idle[i], NULL), 0);
		CHECK_EQ(timer_overrun(idle[i]), 0);
	}
	check_hour(prof, 3);
	check_hour(virt, 0);
	check_hour(day, SECOND);
	check_hour(absolute, 0);
	CHECK(timer_left(far, NULL) > INT64_MAX / 2 - HOUR);
	/* They can be set anew, and be deleted. */
	timer_arm(day, 0, 2 * HOUR, 0);
	CHECK(timer_left(day, NULL) > HOUR);
	for (i = 0; i < COUNT; i++)
		if (armed[i] >= 0)
			timer_delete_it(armed[i]);
	timer_delete_it(day);
	CHECK_ERRNO(timer_overrun(day), EINVAL);
	return ckpt_pass();
}
