// SPDX-License-Identifier: GPL-2.0-only
//
// Signals of POSIX timers that have expired are queued among others in their order, each once; overruns
// count on, periodic timers go on when the signal is taken, and one that is deleted or set anew has none.
#include "timers.h"

#define MS 1000000ll

static int expired(clockid_t clock, int signal, int flags, int64_t value, int64_t interval)
{
	int id = timer_new(clock, SIGEV_SIGNAL, signal, 1000 + signal);

	timer_arm(id, flags, value, interval);
	return id;
}

static void queue(int signal, int code, int value)
{
	siginfo_t info = { .si_signo = signal, .si_code = code };

	info.si_value.sival_int = value;
	SYS(syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info));
}

/* It has come as often as it should have since, and goes on. */
static void check_periodic(int id, int signal, int least)
{
	siginfo_t info = timer_take(signal);

	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_EQ(info.si_timerid, id);
	CHECK_EQ(info.si_int, 1000 + signal);
	if (info.si_overrun < least)
		ckpt_fail("signal %d: %d overruns, wanted %d", signal, info.si_overrun, least);
	CHECK_EQ(timer_overrun(id), info.si_overrun);
	if (least < 0)
		return;
	CHECK_EQ(timer_take(signal).si_timerid, id);
}

enum { ALL = 34, FIRST = 40 };

int main(void)
{
	int once, shared[3], periodic, forwarded, day, cpu, late, deleted, anew, signal, i;

	for (signal = ALL; signal < 60; signal++)
		timer_block(signal);
	timer_block(SIGALRM);
	/* Three timers and two other signals in one queue; one of them says that it is a timer's. */
	queue(FIRST, SI_QUEUE, -1);
	for (i = 0; i < 3; i++) {
		shared[i] = expired(CLOCK_MONOTONIC, FIRST, 0, 1, i == 1 ? HOUR : 0);
		timer_await_pending(FIRST);
		usleep(20000);
		queue(FIRST, i == 0 ? SI_TIMER : SI_QUEUE, i);
	}
	once = expired(CLOCK_REALTIME, SIGALRM, 0, 1, 0);
	timer_await_pending(SIGALRM);
	periodic = expired(CLOCK_MONOTONIC, 42, 0, 1, 10 * MS);
	forwarded = expired(CLOCK_BOOTTIME, 43, 0, 1, 10 * MS);
	day = expired(CLOCK_REALTIME, 44, TIMER_ABSTIME, timer_clock(CLOCK_REALTIME) - 1000 * MS, 100 * MS);
	cpu = expired(CLOCK_PROCESS_CPUTIME_ID, 45, 0, 1, 10 * MS);
	late = expired(CLOCK_REALTIME, 46, 0, 1, 1000 * HOUR);
	deleted = expired(CLOCK_MONOTONIC, 47, 0, 1, 0);
	anew = expired(CLOCK_MONOTONIC, 48, 0, 1, 0);
	timer_burn(100 * MS);
	for (signal = 42; signal <= 48; signal++)
		timer_await_pending(signal);
	/* Moves on what is counted from. */
	CHECK(timer_left(forwarded, NULL) > 0);
	timer_delete_it(deleted);
	timer_arm(anew, 0, HOUR, 0);
	ckpt_ready();
	CHECK_EQ(timer_take(FIRST).si_int, -1);
	for (i = 0; i < 3; i++) {
		siginfo_t info = timer_take(FIRST);

		CHECK_EQ(info.si_code, SI_TIMER);
		CHECK_EQ(info.si_timerid, shared[i]);
		CHECK_EQ(info.si_overrun, 0);
		info = timer_take(FIRST);
		CHECK_EQ(info.si_code, i == 0 ? SI_TIMER : SI_QUEUE);
		CHECK_EQ(info.si_int, i);
	}
	timer_check_none(FIRST);
	CHECK(timer_left(shared[1], NULL) > 0);
	CHECK_EQ(timer_left(shared[2], NULL), 0);
	CHECK_EQ(timer_take(SIGALRM).si_timerid, once);
	timer_check_none(SIGALRM);
	check_periodic(periodic, 42, 9);
	check_periodic(forwarded, 43, 9);
	check_periodic(day, 44, 10);
	/* Its time does not pass while it waits. */
	check_periodic(cpu, 45, -1);
	timer_burn(30 * MS);
	CHECK_EQ(timer_take(45).si_timerid, cpu);
	CHECK_EQ(timer_take(46).si_overrun, 0);
	CHECK(timer_left(late, NULL) > 999 * HOUR);
	timer_check_none(47);
	timer_check_none(48);
	CHECK(timer_left(anew, NULL) > HOUR - 1200 * SECOND);
	return ckpt_pass();
}
