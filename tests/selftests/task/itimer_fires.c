// SPDX-License-Identifier: GPL-2.0-only
//
// An interval timer goes on firing after a restart.
#include "../ckpt_test.h"
#include <sys/time.h>

static volatile int fired;

static void handler(int signal)
{
	fired += signal == SIGALRM;
}

int main(void)
{
	const struct itimerval set = { .it_value = { .tv_usec = 50000 },
				       .it_interval = { .tv_usec = 50000 } };
	int64_t end;
	int before;

	signal(SIGALRM, handler);
	SYS(setitimer(ITIMER_REAL, &set, NULL));
	ckpt_ready();
	before = fired;
	end = ckpt_now_ms() + 30000;
	while (fired < before + 3 && ckpt_now_ms() < end)
		usleep(10000);
	CHECK(fired >= before + 3);
	return ckpt_pass();
}
