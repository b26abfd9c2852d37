// SPDX-License-Identifier: GPL-2.0-only
//
// The virtual and profiling interval timers go on with what was left.
#include "../ckpt_test.h"
#include <sys/time.h>

int main(void)
{
	const struct itimerval virtual = { .it_value = { .tv_sec = 500 },
					   .it_interval = { .tv_sec = 3 } };
	const struct itimerval prof = { .it_value = { .tv_sec = 600 },
					.it_interval = { .tv_usec = 500000 } };
	struct itimerval now;

	SYS(setitimer(ITIMER_VIRTUAL, &virtual, NULL));
	SYS(setitimer(ITIMER_PROF, &prof, NULL));
	ckpt_ready();
	SYS(getitimer(ITIMER_VIRTUAL, &now));
	CHECK(now.it_value.tv_sec >= 400 && now.it_value.tv_sec <= 500);
	CHECK_EQ(now.it_interval.tv_sec, 3);
	SYS(getitimer(ITIMER_PROF, &now));
	CHECK(now.it_value.tv_sec >= 400 && now.it_value.tv_sec <= 600);
	/* Kept in ticks of the clock at worst. */
	CHECK(now.it_interval.tv_usec >= 490000 && now.it_interval.tv_usec <= 510000);
	return ckpt_pass();
}
