// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX timers go on firing, once and again, with the siginfo that is theirs.
#include "timers.h"

#define VALUE 0x1122334455667788

static volatile sig_atomic_t fired;
static volatile long value, code, id;

static void handler(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	value = (long)info->si_ptr;
	code = info->si_code;
	id = info->si_timerid;
	fired++;
}

static void await(int wanted)
{
	int64_t end = ckpt_now_ms() + ckpt_patience(30000);

	while (fired < wanted && ckpt_now_ms() < end)
		usleep(1000);
	CHECK(fired >= wanted);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	int periodic, once, day, cpu;

	SYS(sigaction(SIGRTMIN, &action, NULL));
	timer_block(SIGRTMIN + 1);
	timer_block(SIGRTMIN + 2);
	timer_block(SIGRTMIN + 3);
	periodic = timer_new(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, VALUE);
	timer_arm(periodic, 0, 20 * 1000000, 20 * 1000000);
	await(2);
	once = timer_new(CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN + 1, 5);
	day = timer_new(CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN + 2, 6);
	cpu = timer_new(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN + 3, 7);
	timer_arm(cpu, 0, 500 * 1000000, 0);
	timer_arm(once, 0, 3 * SECOND, 0);
	timer_arm(day, TIMER_ABSTIME, timer_clock(CLOCK_REALTIME) + 2 * SECOND, 0);
	ckpt_ready();
	fired = 0;
	await(3);
	CHECK_EQ(value, VALUE);
	CHECK_EQ(code, SI_TIMER);
	CHECK_EQ(id, periodic);
	timer_arm(periodic, 0, 0, 0);
	CHECK_EQ(timer_take(SIGRTMIN + 1).si_int, 5);
	CHECK_EQ(timer_left(once, NULL), 0);
	CHECK_EQ(timer_take(SIGRTMIN + 2).si_timerid, day);
	timer_burn(600 * 1000000);
	CHECK_EQ(timer_take(SIGRTMIN + 3).si_timerid, cpu);
	return ckpt_pass();
}
