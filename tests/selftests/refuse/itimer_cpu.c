// SPDX-License-Identifier: GPL-2.0-only
//
// Virtual and profiling interval timers are refused; they go on.
//
// EXPECT: refused EOPNOTSUPP "virtual or profiling interval timer"
#include "../ckpt_test.h"
#include <sys/time.h>

int main(void)
{
	const struct itimerval virtual = { .it_value = { .tv_sec = 500 },
					   .it_interval = { .tv_sec = 3 } };
	struct itimerval now;

	SYS(setitimer(ITIMER_VIRTUAL, &virtual, NULL));
	ckpt_ready();
	SYS(getitimer(ITIMER_VIRTUAL, &now));
	CHECK(now.it_value.tv_sec >= 400 && now.it_value.tv_sec <= 500);
	CHECK_EQ(now.it_interval.tv_sec, 3);
	return ckpt_pass();
}
