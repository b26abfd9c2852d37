// SPDX-License-Identifier: GPL-2.0-only
//
// select with a time-out ends when the time is over; the time left is zero.
//
// BLOCK: select
// MODES: run-on kill-restart again stopped
#include "../ckpt_test.h"
#include <sys/time.h>

int main(void)
{
	const int seconds = ckpt_patience(1);
	struct timeval time = { .tv_sec = seconds, .tv_usec = 300000 };
	int64_t start = ckpt_now_ms();

	ckpt_announce();
	CHECK_EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &time), 0);
	CHECK(ckpt_now_ms() - start >= seconds * 1000 + 290);
	CHECK_EQ(time.tv_sec | time.tv_usec, 0);
	return ckpt_pass();
}
