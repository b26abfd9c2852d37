// SPDX-License-Identifier: GPL-2.0-only
//
// A timerfd is refused; its time runs on.
//
// EXPECT: refused EOPNOTSUPP "timerfd" "fd 3"
#include "../ckpt_test.h"
#include <sys/timerfd.h>

int main(void)
{
	const struct itimerspec set = { .it_value = { .tv_sec = 500 } };
	struct itimerspec left;
	int fd = SYS(timerfd_create(CLOCK_MONOTONIC, 0));

	SYS(timerfd_settime(fd, 0, &set, NULL));
	ckpt_ready();
	SYS(timerfd_gettime(fd, &left));
	CHECK(left.it_value.tv_sec > 100 && left.it_value.tv_sec <= 500);
	return ckpt_pass();
}
