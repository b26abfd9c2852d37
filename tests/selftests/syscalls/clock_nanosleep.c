// SPDX-License-Identifier: GPL-2.0-only
//
// clock_nanosleep goes on with the time that was left, on each clock.
//
// BLOCK: clock_nanosleep
// MODES: run-on kill-restart again stopped
#include "../ckpt_test.h"

int main(void)
{
	const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI };
	const struct timespec first = { .tv_sec = ckpt_patience(1) }, more = { .tv_nsec = 1000000 };
	struct timespec left = { .tv_sec = 4711 };
	int64_t start = ckpt_now_ms();
	size_t i;

	ckpt_announce();
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME, 0, &first, &left), 0);
	CHECK(ckpt_now_ms() - start >= first.tv_sec * 1000 - 10);
	/* Freezing has written the time that was left there; it may not say more than all. */
	CHECK(left.tv_sec == 4711 || left.tv_sec <= first.tv_sec);
	for (i = 0; i < ARRAY_SIZE(clocks); i++)
		CHECK_EQ(clock_nanosleep(clocks[i], 0, &more, NULL), 0);
	return ckpt_pass();
}
