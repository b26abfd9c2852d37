/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the ioctls share: the device, a target in a control group of
 * its own, an image of it.
 */
#ifndef API_H
#define API_H

#include "../ckpt_test.h"
#include <linux/ckpt.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

/* What a target exits with once the file "target-go" is there. */
#define TARGET_EXIT 42

struct target {
	pid_t pid;
	char cgroup[PATH_MAX];
};

/* The device, opened at the first call. */
static inline int device(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(CKPT_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		ckpt_skip("there is no " CKPT_DEVICE);
	return fd;
}

static inline int ckpt_checkpoint_flags(pid_t pid, int fd, int logfd, unsigned int flags)
{
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .flags = flags, .pid = pid,
					    .fd = fd, .logfd = logfd };

	return ioctl(device(), CKPT_IOC_CHECKPOINT, &argument);
}

static inline int ckpt_checkpoint(pid_t pid, int fd)
{
	return ckpt_checkpoint_flags(pid, fd, CKPT_FD_NONE, CHECKPOINT_SUBTREE);
}

static inline int ckpt_restart_flags(pid_t pid, int fd, int logfd, unsigned int flags)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .flags = flags, .pid = pid,
					 .fd = fd, .logfd = logfd, .cgroup_fd = CKPT_FD_NONE };

	return ioctl(device(), CKPT_IOC_RESTART, &argument);
}

static inline void write_text(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = SYS(open(path, O_WRONLY | O_CLOEXEC));
	if (write(fd, text, strlen(text)) < 0)
		ckpt_fail("write %s to %s: %s", text, path, strerror(errno));
	SYS(close(fd));
}

/* A control group below our own. */
static inline void make_cgroup(char *path, const char *name)
{
	char text[PATH_MAX], *at;

	ckpt_read_file("/proc/self/cgroup", text, sizeof(text));
	at = strstr(text, "0::");
	if (!at || access("/sys/fs/cgroup/cgroup.procs", F_OK) != 0)
		ckpt_skip("no unified control groups here");
	at[strcspn(at, "\n")] = '\0';
	snprintf(path, PATH_MAX, "/sys/fs/cgroup%s/%s", at + 3, name);
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		ckpt_fail("mkdir %s: %s", path, strerror(errno));
}

static inline void enter_cgroup(const struct target *target, pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", pid);
	write_text(target->cgroup, "cgroup.procs", text);
}

/* What a target does when it is told nothing else. */
static inline void target_waits(void)
{
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	_exit(TARGET_EXIT);
}

/* Starts a process that holds descriptors 0 to 2 only. */
static inline struct target target_start(void (*run)(void))
{
	static int number;
	struct target target;
	char name[32];

	snprintf(name, sizeof(name), "target-%d-%d", getpid(), number++);
	make_cgroup(target.cgroup, name);
	target.pid = SYS(fork());
	if (target.pid == 0) {
		close_range(3, ~0u, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* By itself too: what it forks before its parent has run is to be frozen as well. */
		enter_cgroup(&target, 0);
		(run ? run : target_waits)();
		_exit(0);
	}
	enter_cgroup(&target, target.pid);
	return target;
}

static inline void target_freeze(const struct target *target, bool frozen)
{
	char path[PATH_MAX + 32], text[256];
	int tries;

	write_text(target->cgroup, "cgroup.freeze", frozen ? "1" : "0");
	snprintf(path, sizeof(path), "%s/cgroup.events", target->cgroup);
	for (tries = 0; tries < ckpt_patience(10000); tries++) {
		ckpt_read_file(path, text, sizeof(text));
		if (strstr(text, frozen ? "frozen 1" : "frozen 0"))
			return;
		usleep(1000);
	}
	ckpt_fail("%s does not freeze or thaw", target->cgroup);
}

/* Starts one and freezes it. */
static inline struct target target_frozen(void (*run)(void))
{
	struct target target = target_start(run);
	char path[64], text[512];
	int tries, asleep = 0;

	/* Until it sleeps, if it is one that does. */
	snprintf(path, sizeof(path), "/proc/%d/stat", target.pid);
	for (tries = 0; tries < ckpt_patience(60) && asleep < 3; tries++) {
		usleep(5000);
		ckpt_read_file(path, text, sizeof(text));
		asleep = strstr(text, ") S ") ? asleep + 1 : 0;
	}
	target_freeze(&target, true);
	return target;
}

static inline void remove_cgroup(const struct target *target)
{
	int tries;

	for (tries = 0; rmdir(target->cgroup) != 0; tries++) {
		if (tries == ckpt_patience(2000))
			ckpt_fail("rmdir %s: %s", target->cgroup, strerror(errno));
		usleep(1000);
	}
}

/* Whatever it does, it is gone after this. */
static inline void target_end(struct target *target)
{
	write_text(target->cgroup, "cgroup.kill", "1");
	write_text(target->cgroup, "cgroup.freeze", "0");
	if (target->pid > 0)
		waitpid(target->pid, NULL, 0);
	remove_cgroup(target);
}

/* It lives and does what it did: it ends by itself when it is told to. */
static inline void target_ends_well(struct target *target)
{
	int status;

	target_freeze(target, false);
	ckpt_write_file("target-go", "", 0);
	SYS(waitpid(target->pid, &status, 0));
	CHECK_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, TARGET_EXIT);
	SYS(unlink("target-go"));
	remove_cgroup(target);
}

/* An empty file to write an image to. */
static inline int new_file(const char *name)
{
	return SYS(open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
}

/* Saves a target that waits, ends it, and gives the image, ready to be read. */
static inline int image_of_target(const char *name, void (*run)(void))
{
	struct target target = target_frozen(run);
	int fd = new_file(name), log = new_file("log");
	static char text[4096];

	if (ckpt_checkpoint_flags(target.pid, fd, log, CHECKPOINT_SUBTREE) <= 0) {
		int error = errno;

		ckpt_read_file("log", text, sizeof(text));
		ckpt_fail("checkpoint: %s: %s", strerror(error), text);
	}
	SYS(close(log));
	target_end(&target);
	SYS(lseek(fd, 0, SEEK_SET));
	return fd;
}

/* What a child does that makes itself available to a restart; its parent has opened the device. */
static inline void child_restarts(void)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ioctl(device(), CKPT_IOC_RESTART, &argument);
	_exit(200 + (errno == EINTR));
}

/* Starts such a child. */
static inline pid_t restarting_child(void)
{
	pid_t pid;

	device();
	pid = SYS(fork());
	if (pid == 0)
		child_restarts();
	return pid;
}

static inline int exit_status(pid_t pid)
{
	int status;

	SYS(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#endif /* API_H */
