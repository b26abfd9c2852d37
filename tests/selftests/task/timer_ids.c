// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers get the numbers that they would have got: those that were used are not given out again, and
// a process that chooses them itself still does (PR_TIMER_CREATE_RESTORE_IDS).
#include "../ckpt_test.h"
#include <sys/prctl.h>
#include <time.h>

#define RESTORE_IDS	77

static int make(int wanted)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	int id = wanted;

	SYS(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
	SYS(syscall(SYS_timer_delete, id));
	return id;
}

int main(void)
{
	int i;

	for (i = 0; i < 5; i++)
		CHECK_EQ(make(0), i);
	if (prctl(RESTORE_IDS, 1, 0, 0, 0) != 0)
		ckpt_skip("numbers of timers cannot be chosen here");
	ckpt_ready();
	CHECK_EQ(prctl(RESTORE_IDS, 2, 0, 0, 0), 1);
	SYS(prctl(RESTORE_IDS, 0, 0, 0, 0));
	CHECK_EQ(make(0), 5);
	SYS(prctl(RESTORE_IDS, 1, 0, 0, 0));
	CHECK_EQ(make(77), 77);
	return ckpt_pass();
}
