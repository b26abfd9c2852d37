// SPDX-License-Identifier: GPL-2.0-only
//
// A sleep on an alarm clock goes on with the time that was left.
//
// BLOCK: clock_nanosleep
// MODES: run-on kill-restart again
#include "../ckpt_test.h"

int main(void)
{
	const struct timespec time = { .tv_sec = ckpt_patience(1) };
	int64_t start = ckpt_now_ms();
	int error;

	error = clock_nanosleep(CLOCK_BOOTTIME_ALARM, 0, &(struct timespec){ 0 }, NULL);
	if (error != 0)
		ckpt_skip("there is no alarm clock here");
	ckpt_announce();
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME_ALARM, 0, &time, NULL), 0);
	CHECK(ckpt_now_ms() - start >= time.tv_sec * 1000 - 10);
	return ckpt_pass();
}
