// SPDX-License-Identifier: GPL-2.0-only
//
// A nanosleep that is interrupted by the checkpoint goes on with the time that
// was left: it returns 0, and not too early.
//
// BLOCK: nanosleep clock_nanosleep
// MODES: run-on kill-restart again stopped pipe
#include "../ckpt_test.h"

int main(void)
{
	const struct timespec time = { .tv_sec = ckpt_patience(1), .tv_nsec = 500 * 1000 * 1000 };
	int64_t start = ckpt_now_ms();
	long result;

	ckpt_announce();
	result = syscall(SYS_nanosleep, &time, NULL);
	CHECK_EQ(result, 0);
	CHECK(ckpt_now_ms() - start >= time.tv_sec * 1000 + 490);
	return ckpt_pass();
}
