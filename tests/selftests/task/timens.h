/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program whose clocks are not those of the machine, as after a restart on
 * another one: it goes on in a time namespace.
 */
#ifndef TIMENS_H
#define TIMENS_H

#include "../ckpt_test.h"
#include <sched.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* More than any machine that runs this has been up, in seconds. */
#define TIMENS_FAR (1000 * 24 * 3600l)

/* A clock in nanoseconds. */
static inline int64_t timens_now(clockid_t clock)
{
	struct timespec now;

	SYS(clock_gettime(clock, &now));
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* Makes a namespace for future children whose clocks are so many seconds ahead. */
static inline void timens_unshare(long monotonic, long boottime)
{
	char text[128];
	int length;

	if (unshare(CLONE_NEWTIME) != 0)
		ckpt_skip("time namespaces cannot be made here");
	length = snprintf(text, sizeof(text), "monotonic %ld 0\nboottime %ld 0\n", monotonic,
			  boottime);
	{
		int fd = SYS(open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC));

		CHECK_EQ(write(fd, text, length), length);
		SYS(close(fd));
	}
}

/* Enters the namespace that the children would get: exec(2) does that. */
static inline void timens_enter(long monotonic, long boottime)
{
	char *const argv[] = { (char *)"timens", NULL };

	if (getenv("CKPT_TIMENS"))
		return;
	timens_unshare(monotonic, boottime);
	SYS(setenv("CKPT_TIMENS", "1", 1));
	SYS(execv("/proc/self/exe", argv));
}

/* Seconds that the clocks can be set back: half of what they are at. */
static inline long timens_back(void)
{
	return -(timens_now(CLOCK_MONOTONIC) / 2000000000ll);
}

#endif /* TIMENS_H */
