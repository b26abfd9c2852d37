// SPDX-License-Identifier: GPL-2.0-only
//
// Ten thousand POSIX timers, of which a third have expired: all are there, and all signals come in order.
#include "timers.h"

#define COUNT 10000

int main(void)
{
	const struct rlimit limit = { 2 * COUNT, 2 * COUNT };
	int *id = calloc(COUNT, sizeof(*id)), i;
	siginfo_t info;

	CHECK(id);
	if (getuid() == 0)
		SYS(setrlimit(RLIMIT_SIGPENDING, &limit));
	timer_block(SIGRTMIN);
	for (i = 0; i < COUNT; i++)
		id[i] = timer_new(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, i);
	for (i = 0; i < COUNT; i++)
		timer_arm(id[i], 0, i % 3 ? HOUR : 1, i % 2 ? HOUR : 0);
	/* They expire one after the other: the last is the last. */
	usleep(200000);
	ckpt_ready();
	for (i = 0; i < COUNT; i++)
		if (i % 3)
			CHECK(timer_left(id[i], NULL) > HOUR - 1200 * SECOND);
	for (i = 0; i < COUNT; i += 3) {
		info = timer_take(SIGRTMIN);
		CHECK_EQ(info.si_timerid, id[i]);
		CHECK_EQ(info.si_int, i);
	}
	timer_check_none(SIGRTMIN);
	for (i = 0; i < COUNT; i++)
		timer_delete_it(id[i]);
	return ckpt_pass();
}
