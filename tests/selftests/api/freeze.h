/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freezing a tree through an open device, and a tree that shows whether it runs.
 */
#ifndef FREEZE_H
#define FREEZE_H

#include "api.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define MEMBERS 4

/* What each member counts while it runs. */
static volatile unsigned long *runs;

static inline int own_device(void)
{
	device();
	return SYS(open(CKPT_DEVICE, O_RDWR | O_CLOEXEC));
}

static inline int pidfd_of(pid_t pid)
{
	return SYS(syscall(SYS_pidfd_open, pid, 0));
}

static inline int freeze_with(int device_fd, pid_t pid, int cgroup_fd, int logfd, unsigned int timeout)
{
	struct ckpt_freeze argument = { .size = sizeof(argument), .logfd = logfd,
					.cgroup_fd = cgroup_fd, .timeout = timeout };
	int ret, error;

	argument.pidfd = pidfd_of(pid);
	ret = ioctl(device_fd, CKPT_IOC_FREEZE, &argument);
	error = errno;
	close(argument.pidfd);
	errno = error;
	return ret;
}

static inline int freeze(int device_fd, pid_t pid)
{
	return freeze_with(device_fd, pid, CKPT_FD_NONE, CKPT_FD_NONE, 0);
}

static inline void count_runs(int number)
{
	for (;;) {
		runs[number]++;
		if (number % 2)
			usleep(200);
	}
}

static void *second_thread(void *unused)
{
	(void)unused;
	count_runs(1);
	return NULL;
}

/* A process of two threads, its child, and a child of that. */
static inline pid_t tree_that_runs(void)
{
	pid_t pid;

	runs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(runs != MAP_FAILED);
	pid = SYS(fork());
	if (pid == 0) {
		pthread_t thread;

		close_range(3, ~0u, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				count_runs(3);
			}
			count_runs(2);
		}
		pthread_create(&thread, NULL, second_thread, NULL);
		count_runs(0);
	}
	return pid;
}

/* Each member of the tree runs. */
static inline void all_run(void)
{
	int number, tries;

	for (number = 0; number < MEMBERS; number++) {
		unsigned long before = runs[number];

		for (tries = 0; runs[number] == before; tries++) {
			if (tries == ckpt_patience(5000))
				ckpt_fail("member %d does not run", number);
			usleep(1000);
		}
	}
}

/* None of them does. */
static inline void none_runs(void)
{
	unsigned long before[MEMBERS];
	int number;

	for (number = 0; number < MEMBERS; number++)
		before[number] = runs[number];
	usleep(50000);
	for (number = 0; number < MEMBERS; number++)
		CHECK_EQ(runs[number], before[number]);
}

static inline void end_tree(pid_t pid)
{
	SYS(kill(pid, SIGKILL));
	SYS(waitpid(pid, NULL, 0));
}

#endif
