// SPDX-License-Identifier: GPL-2.0-only
//
// Time does not run backwards, on no clock.
#include "../ckpt_test.h"

int main(void)
{
	const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
				     CLOCK_MONOTONIC_RAW };
	struct timespec before[ARRAY_SIZE(clocks)], after;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++)
		SYS(clock_gettime(clocks[i], &before[i]));
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		SYS(clock_gettime(clocks[i], &after));
		CHECK(after.tv_sec > before[i].tv_sec ||
		      (after.tv_sec == before[i].tv_sec && after.tv_nsec >= before[i].tv_nsec));
	}
	return ckpt_pass();
}
