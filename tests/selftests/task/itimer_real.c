// SPDX-License-Identifier: GPL-2.0-only
//
// The real-time interval timer goes on with the time that was left, and with its
// interval.
#include "../ckpt_test.h"
#include <sys/time.h>

int main(void)
{
	const struct itimerval set = { .it_value = { .tv_sec = 1000 },
				       .it_interval = { .tv_sec = 7, .tv_usec = 250000 } };
	struct itimerval now;
	int64_t start = ckpt_now_ms(), left;

	signal(SIGALRM, SIG_IGN);
	SYS(setitimer(ITIMER_REAL, &set, NULL));
	ckpt_ready();
	SYS(getitimer(ITIMER_REAL, &now));
	left = now.it_value.tv_sec * 1000 + now.it_value.tv_usec / 1000;
	/* It stood still while the process did not exist. */
	CHECK(left <= 1000000);
	CHECK(left >= 1000000 - (ckpt_now_ms() - start) - 20);
	CHECK_EQ(now.it_interval.tv_sec, 7);
	CHECK_EQ(now.it_interval.tv_usec, 250000);
	return ckpt_pass();
}
