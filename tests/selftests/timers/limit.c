// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers that were made before there was a limit of queued signals are there in spite of it, and
// count.
#include "timers.h"

#define COUNT 20

int main(void)
{
	struct rlimit limit = { COUNT / 2, COUNT };
	int id[COUNT], i;

	for (i = 0; i < COUNT; i++) {
		id[i] = timer_new(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGALRM, 0);
		timer_arm(id[i], 0, HOUR, 0);
	}
	SYS(setrlimit(RLIMIT_SIGPENDING, &limit));
	ckpt_ready();
	for (i = 0; i < COUNT; i++)
		CHECK(timer_left(id[i], NULL) > 0);
	SYS(getrlimit(RLIMIT_SIGPENDING, &limit));
	CHECK_EQ(limit.rlim_cur, COUNT / 2);
	CHECK_EQ(limit.rlim_max, COUNT);
	CHECK_ERRNO(timer_try(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGALRM, 0, 0), EAGAIN);
	return ckpt_pass();
}
