/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of POSIX timers share. The C library has timers of its own making: the calls are the kernel's. */
#ifndef TIMERS_H
#define TIMERS_H

#include "../ckpt_test.h"
#include <sys/prctl.h>
#include <sys/resource.h>

#define SECOND 1000000000ll
#define HOUR (3600 * SECOND)

/* PR_TIMER_CREATE_RESTORE_IDS */
#define TIMER_RESTORE_IDS 77

/* The CPU time of a task as a clock: user and system, user, exactly. */
enum { CPU_PROF, CPU_VIRT, CPU_SCHED, CPU_OF_THREAD = 4 };

static inline clockid_t timer_cpu_clock(pid_t pid, int which)
{
	return (~(unsigned int)pid << 3) | which;
}

static inline struct timespec timer_span(int64_t nsec)
{
	return (struct timespec){ .tv_sec = nsec / SECOND, .tv_nsec = nsec % SECOND };
}

static inline int64_t timer_nsec(struct timespec time)
{
	return time.tv_sec * SECOND + time.tv_nsec;
}

static inline int64_t timer_clock(clockid_t clock)
{
	struct timespec now;

	SYS(syscall(SYS_clock_gettime, clock, &now));
	return timer_nsec(now);
}

/* -1 and errno when it cannot be made. */
static inline int timer_try(clockid_t clock, int notify, int signal, long value, pid_t thread)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = signal,
				  .sigev_value.sival_ptr = (void *)value };
	int id = -1;

	event._sigev_un._tid = thread;
	return syscall(SYS_timer_create, clock, &event, &id) == 0 ? id : -1;
}

static inline int timer_new(clockid_t clock, int notify, int signal, long value)
{
	return SYS(timer_try(clock, notify, signal, value, 0));
}

static inline void timer_arm(int id, int flags, int64_t value, int64_t interval)
{
	struct itimerspec spec = { .it_value = timer_span(value),
				   .it_interval = timer_span(interval) };

	SYS(syscall(SYS_timer_settime, id, flags, &spec, NULL));
}

static inline int64_t timer_left(int id, int64_t *interval)
{
	struct itimerspec spec;

	SYS(syscall(SYS_timer_gettime, id, &spec));
	if (interval)
		*interval = timer_nsec(spec.it_interval);
	return timer_nsec(spec.it_value);
}

static inline long timer_overrun(int id)
{
	return syscall(SYS_timer_getoverrun, id);
}

static inline void timer_delete_it(int id)
{
	SYS(syscall(SYS_timer_delete, id));
}

/* Until the signal of a timer is pending. */
static inline void timer_await_pending(int signal)
{
	int64_t end = ckpt_now_ms() + ckpt_patience(30000);
	sigset_t set;

	for (;;) {
		SYS(sigpending(&set));
		if (sigismember(&set, signal))
			return;
		if (ckpt_now_ms() > end)
			ckpt_fail("signal %d does not come", signal);
		usleep(1000);
	}
}

static inline void timer_block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
}

/* Takes a signal that comes within a minute. */
static inline siginfo_t timer_take(int signal)
{
	const struct timespec minute = { .tv_sec = ckpt_patience(60) };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	CHECK_EQ(SYS(sigtimedwait(&set, &info, &minute)), signal);
	return info;
}

static inline void timer_check_none(int signal)
{
	const struct timespec now = { 0 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	CHECK_ERRNO(sigtimedwait(&set, &info, &now), EAGAIN);
}

/* Uses CPU time. */
static inline void timer_burn(int64_t nsec)
{
	int64_t end = timer_clock(CLOCK_THREAD_CPUTIME_ID) + nsec;

	while (timer_clock(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

/* /proc/self/timers, with SELF for the number of the process: that may become another. */
static inline void timer_list(char *text, size_t size)
{
	static char raw[1 << 16];
	char self[32], *at = raw, *found;
	size_t length = 0;

	ckpt_read_file("/proc/self/timers", raw, sizeof(raw));
	snprintf(self, sizeof(self), ".%d\n", getpid());
	while ((found = strstr(at, self))) {
		length += snprintf(text + length, size - length, "%.*s.SELF\n", (int)(found - at), at);
		at = found + strlen(self);
	}
	snprintf(text + length, size - length, "%s", at);
}

#endif /* TIMERS_H */
