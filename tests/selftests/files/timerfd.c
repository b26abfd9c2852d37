// SPDX-License-Identifier: GPL-2.0-only
//
// Timers on all clocks: what is left, what has not been read, intervals, and a time of day.
#include "../ckpt_test.h"
#include <sys/timerfd.h>

#define HOUR 3600

static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
			      CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM };

#define COUNT (sizeof(clocks) / sizeof(*clocks))

static struct itimerspec in(long seconds, long interval)
{
	return (struct itimerspec) { .it_value.tv_sec = seconds,
				     .it_interval.tv_sec = interval };
}

/* What is left of an hour, somewhat later. */
static void check_hour(int fd, long interval)
{
	struct itimerspec now;

	SYS(timerfd_gettime(fd, &now));
	CHECK(now.it_value.tv_sec > HOUR - 600 && now.it_value.tv_sec <= HOUR);
	CHECK_EQ(now.it_interval.tv_sec, interval);
}

static long ticks(int fd)
{
	uint64_t count = 0;

	CHECK_EQ(read(fd, &count, sizeof(count)), sizeof(count));
	return count;
}

int main(void)
{
	int running[COUNT], disarmed, fired, day, repeated, nonblock;
	struct itimerspec spec = in(HOUR, 0), off = in(0, 0), now;
	unsigned int i;
	uint64_t count;

	for (i = 0; i < COUNT; i++) {
		running[i] = SYS(timerfd_create(clocks[i], TFD_CLOEXEC));
		spec = in(HOUR, i);
		SYS(timerfd_settime(running[i], 0, &spec, NULL));
	}
	disarmed = SYS(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	SYS(timerfd_settime(disarmed, 0, &off, NULL));
	nonblock = SYS(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	fired = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	spec = (struct itimerspec) { .it_value.tv_nsec = 1000 };
	SYS(timerfd_settime(fired, 0, &spec, NULL));
	repeated = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	spec = (struct itimerspec) { .it_value.tv_nsec = 1000, .it_interval.tv_nsec = 1000000 };
	SYS(timerfd_settime(repeated, 0, &spec, NULL));
	day = SYS(timerfd_create(CLOCK_REALTIME, 0));
	SYS(clock_gettime(CLOCK_REALTIME, &now.it_value));
	spec = in(now.it_value.tv_sec + HOUR, 0);
	SYS(timerfd_settime(day, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL));
	usleep(20000);
	ckpt_ready();
	for (i = 0; i < COUNT; i++) {
		CHECK_EQ(SYS(fcntl(running[i], F_GETFD)), FD_CLOEXEC);
		check_hour(running[i], i);
	}
	SYS(timerfd_gettime(disarmed, &now));
	CHECK_EQ(now.it_value.tv_sec + now.it_value.tv_nsec, 0);
	CHECK_ERRNO(read(disarmed, &count, sizeof(count)), EAGAIN);
	CHECK_ERRNO(read(nonblock, &count, sizeof(count)), EAGAIN);
	CHECK_EQ(ticks(fired), 1);
	SYS(timerfd_gettime(fired, &now));
	CHECK_EQ(now.it_value.tv_sec + now.it_value.tv_nsec, 0);
	/* Twenty before the checkpoint; it goes on. */
	CHECK(ticks(repeated) >= 20);
	CHECK(ticks(repeated) >= 1);
	check_hour(day, 0);
	return ckpt_pass();
}
