/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of privileges and bounds share: ordinary users, who may restart
 * meanwhile, and processes that are stuck in a call on purpose.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "../api/api.h"
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

/* State of a process as /proc tells it; 0 when there is none. */
static inline char state_of(pid_t pid)
{
	char path[64], text[512], *at;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strrchr(text, ')');
	return at ? at[2] : 0;
}

/* Until a process sleeps in this ioctl, and goes on sleeping. */
static inline void wait_until_stuck(pid_t pid)
{
	char path[64], text[256];
	int same = 0, tries;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	for (tries = 0; same < 10; tries++) {
		if (tries == 3000)
			ckpt_fail("%d does not wait in its call: state %c", pid, state_of(pid));
		usleep(10000);
		ckpt_read_file(path, text, sizeof(text));
		same = atoi(text) == SYS_ioctl ? same + 1 : 0;
	}
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
