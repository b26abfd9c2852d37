/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of privileges and bounds share: ordinary users, who may restart
 * meanwhile, and processes that are stuck in a call on purpose.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "../api/stuck.h"
#include <grp.h>

#define SYSCTL "/proc/sys/kernel/ckpt_unpriv_allowed"
#define NOBODY 65534
#define SOMEBODY 65533

/* Becomes an ordinary user, whom others of the same user may attach to. */
static inline void become(uid_t user)
{
	SYS(setgroups(0, NULL));
	SYS(setresgid(user, user, user));
	SYS(setresuid(user, user, user));
	SYS(prctl(PR_SET_DUMPABLE, 1));
}

/* Makes this program one that everybody executes as root. */
static inline void install_setuid(const char *path)
{
	static char bytes[1 << 16];
	int from = SYS(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	int to = SYS(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755));
	ssize_t count;

	while ((count = SYS(read(from, bytes, sizeof(bytes)))) > 0)
		CHECK_EQ(write(to, bytes, count), count);
	SYS(fchmod(to, 04755));
	SYS(close(to));
	SYS(close(from));
}

static inline void everybody_is_disallowed(void)
{
	ckpt_write_file(SYSCTL, "1", 1);
}

/* Lets ordinary users restart until this process ends, well or not. */
static inline void everybody_is_allowed(void)
{
	ckpt_write_file(SYSCTL, "2", 1);
	ckpt_at_fail = everybody_is_disallowed;
	/* Our output is open in what is restored: others have to be able to open it. */
	SYS(fchmod(STDERR_FILENO, 0666));
}

/* A pipe that takes no byte more. */
static inline void full_pipe(int *ends)
{
	static char bytes[65536];

	SYS(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	SYS(fcntl(ends[1], F_SETFL, 0));
}

/* Milliseconds until a child has ended; the status goes to where is said. */
static inline int64_t ends_within(pid_t pid, int64_t limit, int *status)
{
	int64_t start = ckpt_now_ms(), now;
	pid_t ended;

	do {
		ended = SYS(waitpid(pid, status, WNOHANG));
		now = ckpt_now_ms();
		if (ended == 0)
			usleep(2000);
	} while (ended == 0 && now - start < limit);
	if (ended == 0)
		ckpt_fail("%d is in state %c after %lld ms", pid, state_of(pid), (long long)limit);
	return now - start;
}

#endif /* RIGHTS_H */
