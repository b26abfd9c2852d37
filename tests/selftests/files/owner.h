/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners of open files: who is told by signals, in the words of fcntl(2).
 */
#ifndef OWNER_H
#define OWNER_H

#include "../ckpt_test.h"

#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif

/* The owner of a descriptor has to be this one. */
__attribute__((unused)) static void owner_check(int fd, int type, pid_t pid)
{
	struct f_owner_ex owner = { .type = -1, .pid = -1 };

	SYS(fcntl(fd, F_GETOWN_EX, &owner));
	CHECK_EQ(owner.type, type);
	CHECK_EQ(owner.pid, pid);
}

__attribute__((unused)) static void owner_set(int fd, int type, pid_t pid)
{
	const struct f_owner_ex owner = { .type = type, .pid = pid };

	SYS(fcntl(fd, F_SETOWN_EX, &owner));
}

/* Blocks a signal, so that it can be waited for. */
__attribute__((unused)) static void owner_block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
}

/* Waits for a blocked signal; being frozen interrupts that. */
__attribute__((unused)) static siginfo_t owner_signal(int signal)
{
	const struct timespec limit = { .tv_sec = ckpt_patience(60) };
	siginfo_t info;
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, signal);
	do
		got = sigtimedwait(&set, &info, &limit);
	while (got < 0 && errno == EINTR);
	CHECK_EQ(SYS(got), signal);
	return info;
}

/* Waits for one that tells of a descriptor; what it tells. */
__attribute__((unused)) static int owner_await_any(int signal, int fd)
{
	const siginfo_t info = owner_signal(signal);

	CHECK_EQ(info.si_fd, fd);
	return info.si_code;
}

/* The same for one that tells of new data. */
__attribute__((unused)) static void owner_await(int signal, int fd)
{
	CHECK_EQ(owner_await_any(signal, fd), POLL_IN);
}

/* No such signal is waiting. */
__attribute__((unused)) static void owner_none(int signal)
{
	sigset_t set;

	SYS(sigpending(&set));
	CHECK(!sigismember(&set, signal));
}

#endif /* OWNER_H */
