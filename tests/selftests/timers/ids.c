// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers keep their ids, also where some have been deleted in between, and the next one gets
// the id that it would have got.
#include "timers.h"

#define COUNT 10

int main(void)
{
	int id[COUNT], high, i;

	for (i = 0; i < COUNT; i++)
		id[i] = timer_new(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGALRM, 100 + i);
	for (i = 0; i < COUNT; i += 3)
		timer_delete_it(id[i]);
	SYS(prctl(TIMER_RESTORE_IDS, 1, 0, 0, 0));
	high = INT_MAX;
	SYS(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &high));
	i = 1000;
	SYS(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &i));
	SYS(prctl(TIMER_RESTORE_IDS, 0, 0, 0, 0));
	CHECK_EQ(high, INT_MAX);
	timer_arm(high, 0, HOUR, 0);
	ckpt_ready();
	for (i = 0; i < COUNT; i++) {
		if (i % 3)
			CHECK_EQ(timer_left(id[i], NULL), 0);
		else
			CHECK_ERRNO(timer_overrun(id[i]), EINVAL);
	}
	CHECK(timer_left(INT_MAX, NULL) > HOUR - 1200 * SECOND);
	CHECK_EQ(timer_left(1000, NULL), 0);
	CHECK_EQ(prctl(TIMER_RESTORE_IDS, 2, 0, 0, 0), 0);
	CHECK_EQ(timer_new(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0), 1001);
	return ckpt_pass();
}
