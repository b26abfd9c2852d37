// SPDX-License-Identifier: GPL-2.0-only
//
// A futex wait with a time-out ends when the time that was left is over.
//
// BLOCK: futex
// MODES: run-on kill-restart again stopped
#include "../ckpt_test.h"
#include <linux/futex.h>

static uint32_t word = 5;

int main(void)
{
	const struct timespec time = { .tv_sec = ckpt_patience(1), .tv_nsec = 300000000 };
	int64_t start = ckpt_now_ms();

	ckpt_announce();
	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 5, &time), ETIMEDOUT);
	CHECK(ckpt_now_ms() - start >= time.tv_sec * 1000 + 290);
	return ckpt_pass();
}
