// SPDX-License-Identifier: GPL-2.0-only
//
// A sleep until a point in time ends then, not earlier.
//
// BLOCK: clock_nanosleep
// MODES: run-on kill-restart again
#include "../ckpt_test.h"

int main(void)
{
	struct timespec until;
	int64_t end;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ckpt_patience(2);
	end = until.tv_sec * 1000ll + until.tv_nsec / 1000000;
	ckpt_announce();
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
	CHECK(ckpt_now_ms() >= end);
	return ckpt_pass();
}
