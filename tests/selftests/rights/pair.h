/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process and its child that are saved, and restored onto another two.  Files tell the pid of each: a
 * mapping that the test shares would not be the tree's alone.
 */
#ifndef PAIR_H
#define PAIR_H

#include "rights.h"

/* What a parent begins with, so that its child is in the same control group. */
static inline void pair_begins(void)
{
	char text[PATH_MAX];

	do {
		usleep(1000);
		ckpt_read_file("/proc/self/cgroup", text, sizeof(text));
	} while (!strstr(text, "/target-"));
}

/* The caller is ready to be saved, as "child" or, when the child is, as "parent". */
static inline void pair_ready(const char *name)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", getpid());
	ckpt_write_file("new", text, strlen(text));
	SYS(rename("new", name));
}

static inline void pair_until(const char *name)
{
	while (access(name, F_OK) != 0)
		usleep(1000);
}

/* Saves a process that forks one, and ends both; the image is ready to be read. */
static inline int image_of_pair(const char *name, void (*parent)(void))
{
	struct target target = target_start(parent);
	int fd = new_file(name), log = new_file("log");
	static char said[4096];

	pair_until("parent");
	target_freeze(&target, true);
	if (ckpt_checkpoint_flags(target.pid, fd, log, CHECKPOINT_SUBTREE) <= 0) {
		int error = errno;

		ckpt_read_file("log", said, sizeof(said));
		ckpt_fail("checkpoint: %s: %s", strerror(error), said);
	}
	SYS(close(log));
	target_end(&target);
	SYS(lseek(fd, 0, SEEK_SET));
	return fd;
}

/* The caller restores onto itself what was ready under this name. */
__attribute__((noreturn)) static inline void pair_restarts(const char *name)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };
	char text[32];

	ckpt_read_file(name, text, sizeof(text));
	argument.image_pid = atoi(text);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ioctl(device(), CKPT_IOC_RESTART, &argument);
	_exit(200);
}

/* Coordinates; the restart ends with this error, or the parent of the pair well. */
static inline void pair_expect(pid_t pid, int image, int wanted)
{
	static char said[4096];
	int log = new_file("log");
	int error = ckpt_restart_flags(pid, image, log, 0) < 0 ? errno : 0;

	ckpt_read_file("log", said, sizeof(said));
	SYS(close(log));
	if (error != wanted)
		ckpt_fail("error %d, wanted %d: %s", error, wanted, said);
	CHECK_EQ(exit_status(pid), wanted ? 1000 + SIGKILL : TARGET_EXIT);
}

#endif /* PAIR_H */
