/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that wait for a time, each in its own way: it comes, and not before the
 * clock of the program has reached it.
 */
#ifndef TIMENS_WAITS_H
#define TIMENS_WAITS_H

#include "timens.h"
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static struct timespec timens_at(int64_t time)
{
	return (struct timespec){ .tv_sec = time / 1000000000ll, .tv_nsec = time % 1000000000ll };
}

static int64_t timens_seconds;

/* When a wait that begins now has to end, on a clock. */
static int64_t timens_end(clockid_t clock)
{
	return timens_now(clock) + timens_seconds * 1000000000ll;
}

static void *wait_nanosleep(void *unused)
{
	const struct timespec time = timens_at(timens_end(CLOCK_MONOTONIC) - timens_now(CLOCK_MONOTONIC));
	int64_t start = timens_now(CLOCK_MONOTONIC);

	CHECK_EQ(nanosleep(&time, NULL), 0);
	CHECK(timens_now(CLOCK_MONOTONIC) - start >=
	      time.tv_sec * 1000000000ll + time.tv_nsec);
	return unused;
}

static void *wait_until(void *argument)
{
	clockid_t clock = *(const clockid_t *)argument;
	int64_t end = timens_end(clock);
	const struct timespec time = timens_at(end);
	int error;

	/* Who is stopped and continued comes back: the time is still the same. */
	do
		error = clock_nanosleep(clock, TIMER_ABSTIME, &time, NULL);
	while (error == EINTR);
	CHECK_EQ(error, 0);
	CHECK(timens_now(clock) >= end);
	return NULL;
}

static void *wait_condition(void *argument)
{
	clockid_t clock = *(const clockid_t *)argument;
	int64_t end = timens_end(clock);
	const struct timespec time = timens_at(end);
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_condattr_t attributes;
	pthread_cond_t condition;
	int error;

	pthread_condattr_init(&attributes);
	CHECK_EQ(pthread_condattr_setclock(&attributes, clock), 0);
	pthread_cond_init(&condition, &attributes);
	pthread_mutex_lock(&mutex);
	do
		error = pthread_cond_timedwait(&condition, &mutex, &time);
	while (error == 0);
	CHECK_EQ(error, ETIMEDOUT);
	CHECK(timens_now(clock) >= end);
	return NULL;
}

static void *wait_futex(void *unused)
{
	int64_t end = timens_end(CLOCK_MONOTONIC);
	const struct timespec time = { .tv_sec = timens_seconds };
	static int word;

	CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0), ETIMEDOUT);
	CHECK(timens_now(CLOCK_MONOTONIC) >= end);
	return unused;
}

static void *wait_poll(void *unused)
{
	int64_t end = timens_end(CLOCK_MONOTONIC);

	CHECK_EQ(poll(NULL, 0, timens_seconds * 1000), 0);
	CHECK(timens_now(CLOCK_MONOTONIC) >= end);
	return unused;
}

struct timens_timer {
	clockid_t clock;
	int flags;
};

static void *wait_timerfd(void *argument)
{
	const struct timens_timer *timer = argument;
	int64_t end = timens_end(timer->clock);
	const struct itimerspec time = {
		.it_value = timer->flags ? timens_at(end) :
					   (struct timespec){ .tv_sec = timens_seconds },
	};
	int fd = SYS(timerfd_create(timer->clock, TFD_CLOEXEC));
	uint64_t ticks;
	ssize_t result;

	SYS(timerfd_settime(fd, timer->flags, &time, NULL));
	do
		result = read(fd, &ticks, sizeof(ticks));
	while (result < 0 && errno == EINTR);
	CHECK_EQ(result, sizeof(ticks));
	CHECK_EQ(ticks, 1);
	CHECK(timens_now(timer->clock) >= end);
	return NULL;
}

static volatile sig_atomic_t timens_alarms;

static void timens_alarm(int signal)
{
	(void)signal;
	timens_alarms++;
}

static inline void timens_waits(void)
{
	static const clockid_t monotonic = CLOCK_MONOTONIC, boottime = CLOCK_BOOTTIME,
			       realtime = CLOCK_REALTIME;
	static const struct timens_timer timers[] = {
		{ CLOCK_MONOTONIC, 0 },
		{ CLOCK_MONOTONIC, TFD_TIMER_ABSTIME },
		{ CLOCK_BOOTTIME, 0 },
		{ CLOCK_BOOTTIME, TFD_TIMER_ABSTIME },
		{ CLOCK_REALTIME, TFD_TIMER_ABSTIME },
	};
	const struct {
		void *(*run)(void *);
		const void *argument;
	} waits[] = {
		{ wait_nanosleep, NULL },
		{ wait_until, &monotonic },
		{ wait_until, &boottime },
		{ wait_until, &realtime },
		{ wait_condition, &monotonic },
		{ wait_condition, &realtime },
		{ wait_futex, NULL },
		{ wait_poll, NULL },
		{ wait_timerfd, &timers[0] },
		{ wait_timerfd, &timers[1] },
		{ wait_timerfd, &timers[2] },
		{ wait_timerfd, &timers[3] },
		{ wait_timerfd, &timers[4] },
	};
	const struct sigaction action = { .sa_handler = timens_alarm, .sa_flags = SA_RESTART };
	pthread_t threads[ARRAY_SIZE(waits)];
	sigset_t alarm_only;
	int64_t end;
	size_t i;

	/* Long enough that all of them still wait when the program is saved. */
	timens_seconds = ckpt_patience(5);
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
	for (i = 0; i < ARRAY_SIZE(waits); i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, waits[i].run, (void *)waits[i].argument),
			 0);
	pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
	SYS(sigaction(SIGALRM, &action, NULL));
	end = timens_end(CLOCK_MONOTONIC);
	SYS(setitimer(ITIMER_REAL,
		      &(struct itimerval){ .it_value = { .tv_sec = timens_seconds } }, NULL));
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(waits); i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	while (!timens_alarms)
		usleep(10000);
	CHECK(timens_now(CLOCK_MONOTONIC) >= end);
	CHECK_EQ(timens_alarms, 1);
}

#endif /* TIMENS_WAITS_H */
