/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that stands still, and is killed and reaped while it is being saved. It
 * belongs to another process, which does nothing but that; both are below the test.
 */
#ifndef REAPED_H
#define REAPED_H

#include "api.h"
#include <sched.h>

struct reaper {
	/* The round in which it makes a process, and the one in which that stands still. */
	int round;
	int ready;
	/* The process. */
	pid_t pid;
	/* The round in which it kills, and how long it waits before, in nanoseconds. */
	int kill;
	int64_t delay;
};

/* Where both meet; not a part of what is saved. */
static struct reaper *reaper;

static inline int64_t reaper_clock(void)
{
	struct timespec now;

	SYS(clock_gettime(CLOCK_MONOTONIC, &now));
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static inline int reaper_load(int *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void reaper_store(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static inline void reaper_await(int *word, int value)
{
	while (reaper_load(word) != value)
		sched_yield();
}

/* A child that has become what a test wants to be saved stops itself. */
static inline pid_t reaper_stopped(void (*become)(void))
{
	pid_t pid = SYS(fork());
	int status;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_range(3, ~0u, 0);
		if (reaper)
			munmap(reaper, CKPT_PAGE);
		reaper = NULL;
		become();
		raise(SIGSTOP);
		_exit(0);
	}
	CHECK_EQ(SYS(waitpid(pid, &status, WUNTRACED)), pid);
	CHECK(WIFSTOPPED(status));
	return pid;
}

/* Nobody waits for what it kills: that is reaped at once, with all that is below. */
static inline void reaper_runs(void (*become)(void), int rounds)
{
	int round;

	SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	signal(SIGCHLD, SIG_IGN);
	for (round = 1; round <= rounds; round++) {
		int64_t end;

		reaper_await(&reaper->round, round);
		reaper->pid = reaper_stopped(become);
		reaper_store(&reaper->ready, round);
		reaper_await(&reaper->kill, round);
		end = reaper_clock() + reaper->delay;
		while (reaper_clock() < end)
			;
		SYS(kill(reaper->pid, SIGKILL));
		while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR)
			;
	}
	_exit(0);
}

/* Saves the process, and tells the error or 0. */
static inline int reaper_saves(pid_t pid)
{
	static int nowhere = -1;

	if (nowhere < 0)
		nowhere = SYS(open("/dev/null", O_WRONLY | O_CLOEXEC));
	return ckpt_checkpoint_flags(pid, nowhere, STDERR_FILENO, CHECKPOINT_SUBTREE) > 0 ? 0 : errno;
}

/* How long it takes when nobody is killed; a thread may still be on its way to stop. */
static inline int64_t undisturbed(const char *what, pid_t pid)
{
	int tries, error;
	int64_t start;

	for (tries = 0; tries < ckpt_patience(1000); tries++) {
		start = reaper_clock();
		error = reaper_saves(pid);
		if (error == 0)
			return reaper_clock() - start;
		if (error != EBUSY)
			break;
		usleep(1000);
	}
	ckpt_fail("%s: %s", what, strerror(error));
}

/*
 * Saves a process so many times, each time another one of the same sort, which is killed
 * at a moment that is left to chance. The checkpoint succeeds, or fails because there is no
 * such process or because it has not stood still. Return: how often it has failed.
 */
static inline int reaped_while_saved(const char *what, void (*become)(void), int rounds)
{
	int round, error, failed = 0;
	int64_t span = 0;
	pid_t pid;

	device();
	reaper = ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	pid = SYS(fork());
	if (pid == 0)
		reaper_runs(become, rounds);
	for (round = 1; round <= rounds; round++) {
		reaper_store(&reaper->round, round);
		reaper_await(&reaper->ready, round);
		if (span == 0)
			span = undisturbed(what, reaper->pid);
		reaper->delay = ckpt_mix(round, rounds) % span;
		reaper_store(&reaper->kill, round);
		error = reaper_saves(reaper->pid);
		if (error && error != ESRCH && error != EBUSY)
			ckpt_fail("%s, round %d: %s", what, round, strerror(error));
		failed += error != 0;
	}
	CHECK_EQ(exit_status(pid), 0);
	SYS(munmap(reaper, CKPT_PAGE));
	fprintf(stderr, "%s: %d of %d failed\n", what, failed, rounds);
	return failed;
}

#endif /* REAPED_H */
