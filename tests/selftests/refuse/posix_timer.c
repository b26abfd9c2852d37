// SPDX-License-Identifier: GPL-2.0-only
//
// A POSIX timer is refused; it goes on.
//
// EXPECT: refused EOPNOTSUPP "timer"
// LIBS: -lrt
#include "../ckpt_test.h"

int main(void)
{
	const struct itimerspec set = { .it_value = { .tv_sec = 500 } };
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	struct itimerspec left;
	timer_t timer;

	SYS(timer_create(CLOCK_MONOTONIC, &event, &timer));
	SYS(timer_settime(timer, 0, &set, NULL));
	ckpt_ready();
	SYS(timer_gettime(timer, &left));
	CHECK(left.it_value.tv_sec > 100 && left.it_value.tv_sec <= 500);
	return ckpt_pass();
}
