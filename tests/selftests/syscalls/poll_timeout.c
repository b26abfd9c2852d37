// SPDX-License-Identifier: GPL-2.0-only
//
// poll with a time-out and nothing to happen returns 0 when the time is over.
//
// BLOCK: poll
// MODES: run-on kill-restart again stopped
#include "../ckpt_test.h"
#include <poll.h>

int main(void)
{
	const int time = ckpt_patience(1) * 1000 + 300;
	int64_t start = ckpt_now_ms();

	ckpt_announce();
	CHECK_EQ(syscall(SYS_poll, NULL, 0, time), 0);
	CHECK(ckpt_now_ms() - start >= time - 10);
	return ckpt_pass();
}
