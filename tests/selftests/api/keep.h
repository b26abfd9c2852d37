/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is saved with CHECKPOINT_KEEP and sent a signal by CKPT_IOC_SIGNAL: a tree of three
 * processes in a control group of its own.
 */
#ifndef KEEP_H
#define KEEP_H

#include "freeze.h"
#include "stuck.h"

/* A child and a grandchild of a target. */
static inline void family_waits(void)
{
	if (SYS(fork()) == 0) {
		if (SYS(fork()) == 0)
			target_waits();
		for (;;)
			pause();
	}
	target_waits();
}

static inline bool sleeps_somewhere(pid_t pid)
{
	return state_of(pid) == 'S';
}

/* The pids of a target's descendants, found by its control group. */
static inline int family_of(const struct target *target, pid_t *pids, int room)
{
	char path[PATH_MAX + 32], text[16384], *at = text;
	int count = 0;

	snprintf(path, sizeof(path), "%s/cgroup.procs", target->cgroup);
	ckpt_read_file(path, text, sizeof(text));
	while (*at && count < room) {
		pids[count++] = strtol(at, &at, 10);
		at += strspn(at, "\n");
	}
	return count;
}

/* A tree of three, all of which wait. */
static inline struct target family_start(pid_t *pids)
{
	struct target target = target_start(family_waits);
	int tries, count = 0;

	for (tries = 0; count < 3; tries++) {
		if (tries == ckpt_patience(5000))
			ckpt_fail("the tree has %d processes", count);
		usleep(1000);
		count = family_of(&target, pids, 4);
	}
	for (tries = 0; tries < 3; tries++)
		wait_until_lasting(pids[tries], sleeps_somewhere, "sleep");
	return target;
}

static inline int save_kept(int device_fd, pid_t pid, unsigned int flags)
{
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .pid = pid,
					    .flags = CHECKPOINT_SUBTREE | flags,
					    .fd = new_file("image"), .logfd = STDERR_FILENO };
	int ret = ioctl(device_fd, CKPT_IOC_CHECKPOINT, &argument), error = errno;

	close(argument.fd);
	errno = error;
	return ret;
}

static struct ckpt_error why;

static inline int send_kept(int device_fd, int id, int signal, unsigned int timeout)
{
	struct ckpt_signal argument = { .size = sizeof(argument), .id = id, .signal = signal,
					.logfd = STDERR_FILENO, .timeout = timeout,
					.error = (unsigned long)&why };

	why = (struct ckpt_error){ .size = sizeof(why) };
	return ioctl(device_fd, CKPT_IOC_SIGNAL, &argument);
}

#endif
