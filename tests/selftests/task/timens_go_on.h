/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clocks go on from where they were: they neither go back nor jump ahead.
 */
#ifndef TIMENS_GO_ON_H
#define TIMENS_GO_ON_H

#include "timens.h"
#include <sys/syscall.h>
#include <sys/sysinfo.h>

static const clockid_t timens_clocks[] = { CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE,
					   CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME };

static inline int64_t timens_by_syscall(clockid_t clock)
{
	struct timespec now;

	SYS(syscall(SYS_clock_gettime, clock, &now));
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* /proc/uptime in seconds. */
static inline double timens_uptime(void)
{
	char text[128];

	ckpt_read_file("/proc/uptime", text, sizeof(text));
	return strtod(text, NULL);
}

/* So much may a clock be ahead of others that are read at the same time, in ns: slewing, ticks. */
#define TIMENS_SLACK 200000000ll

static inline void timens_go_on(void)
{
	int64_t before[ARRAY_SIZE(timens_clocks)], real, passed, now;
	double uptime = timens_uptime();
	struct sysinfo info;
	size_t i;

	real = timens_now(CLOCK_REALTIME);
	for (i = 0; i < ARRAY_SIZE(timens_clocks); i++)
		before[i] = timens_now(timens_clocks[i]);
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(timens_clocks); i++) {
		now = timens_now(timens_clocks[i]);
		/* The time of day runs on while the program does not. */
		passed = timens_now(CLOCK_REALTIME) - real;
		CHECK(now >= before[i]);
		CHECK(now - before[i] <= passed + TIMENS_SLACK);
		/* The vDSO and the kernel agree. */
		CHECK(timens_by_syscall(timens_clocks[i]) >= now);
		CHECK(timens_by_syscall(timens_clocks[i]) - before[i] <=
		      timens_now(CLOCK_REALTIME) - real + TIMENS_SLACK);
	}
	CHECK(timens_uptime() >= uptime);
	CHECK(timens_uptime() - uptime <= (timens_now(CLOCK_REALTIME) - real) / 1e9 + 0.3);
	SYS(sysinfo(&info));
	CHECK(info.uptime >= (long)uptime);
}

#endif /* TIMENS_GO_ON_H */
