/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of restarts of several tasks share: a family of four processes
 * that is saved, and another one of the same shape that is restored onto, made by
 * hand so that a test can make it wrong.
 *
 *	GRANDPA -+- FATHER --- SON
 *	         +- UNCLE
 */
#ifndef FAMILY_H
#define FAMILY_H

#include "../tree/tree.h"
#include "api.h"

enum member { GRANDPA, FATHER, UNCLE, SON, MEMBERS };

static const int family_parent[MEMBERS] = { -1, GRANDPA, GRANDPA, FATHER };

/* Places in the shared page: of those that are saved, and of those that are restored. */
#define SAVED(member) (1 + (member))
#define LIVE(member) (1 + MEMBERS + (member))

/* How members enter the restart. */
struct family_entry {
	/* Milliseconds until it calls; below 0: it never does. */
	int delay[MEMBERS];
	/* Whom it says it is. */
	int says[MEMBERS];
	int flags[MEMBERS];
	/* What each does last before its call. */
	void (*before)(enum member me);
	/* Where they meet their coordinator: an open device that nothing has failed at. */
	int device;
};

/* Everybody comes at once and tells the truth. */
static inline struct family_entry family_entry(void)
{
	return (struct family_entry){ .says = { GRANDPA, FATHER, UNCLE, SON },
				      .device = SYS(open(CKPT_DEVICE, O_RDWR | O_CLOEXEC)) };
}

/* A member of the family that is saved: waits until the file is there, then for its children. */
static void family_member(enum member me)
{
	int i, children = 0, status;

	for (i = 0; i < MEMBERS; i++) {
		if (family_parent[i] != (int)me)
			continue;
		children++;
		if (SYS(fork()) == 0) {
			family_member(i);
			_exit(0);
		}
	}
	tree_register(SAVED(me));
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	while (children-- > 0) {
		SYS(wait(&status));
		CHECK_EQ(status, 0);
	}
}

static void family_grandpa(void)
{
	/* Whoever is forked from now on is in the same control group. */
	char text[PATH_MAX];

	do {
		usleep(1000);
		ckpt_read_file("/proc/self/cgroup", text, sizeof(text));
	} while (!strstr(text, "/target-"));
	family_member(GRANDPA);
	_exit(TARGET_EXIT);
}

/* What the eldest of a family that is saved begins with. */
static void (*family_root)(void) = family_grandpa;

/* Starts a family; all of it is in one frozen control group. */
static inline struct target family_frozen(void)
{
	struct target target;
	int i;

	tree->ready = 0;
	target = target_start(family_root);
	tree_wait_count(&tree->ready, MEMBERS, "are ready");
	for (i = 0; i < MEMBERS; i++)
		while (tree_state(tree->task[SAVED(i)].pid) != 'S')
			usleep(1000);
	target_freeze(&target, true);
	return target;
}

/* Until nobody of these is there any more, be it as a zombie. */
static inline void family_gone(int first)
{
	int i, tries;
	pid_t pid;

	for (i = first; i < first + MEMBERS; i++)
		for (tries = 0; (pid = tree->task[i].pid) && kill(pid, 0) == 0; tries++) {
			if (tries == ckpt_patience(3000))
				ckpt_fail("%d, pid %d, is left in state %c", i - first, pid,
					  tree_state(pid));
			waitpid(pid, NULL, WNOHANG);
			usleep(1000);
		}
}

/* Saves a family and ends it; the image is open, ready to be read. */
static inline int image_of_family(const char *name)
{
	struct target target;
	int fd = new_file(name), log = new_file("log");
	static char text[4096];

	device();
	if (!tree)
		tree_start();
	/* Orphans are ours to bury. */
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	target = family_frozen();
	if (ckpt_checkpoint_flags(target.pid, fd, log, CHECKPOINT_SUBTREE) <= 0) {
		int error = errno;

		ckpt_read_file("log", text, sizeof(text));
		ckpt_fail("checkpoint: %s: %s", strerror(error), text);
	}
	SYS(close(log));
	write_text(target.cgroup, "cgroup.kill", "1");
	target_freeze(&target, false);
	family_gone(SAVED(0));
	remove_cgroup(&target);
	SYS(lseek(fd, 0, SEEK_SET));
	return fd;
}

/* The image once more. */
static inline int again(int fd)
{
	SYS(lseek(fd, 0, SEEK_SET));
	return fd;
}

/* One member's part of a restart; returns only when that has failed. */
static inline void family_enters(enum member me, const struct family_entry *entry)
{
	struct ckpt_restart argument = {
		.size = sizeof(argument), .fd = CKPT_FD_NONE, .logfd = CKPT_FD_NONE,
		.cgroup_fd = CKPT_FD_NONE, .flags = entry->flags[me],
		.image_pid = tree->task[SAVED(entry->says[me])].pid,
	};
	tree_register(LIVE(me));
	if (entry->delay[me] < 0)
		for (;;)
			pause();
	usleep(entry->delay[me] * 1000);
	if (entry->before)
		entry->before(me);
	ioctl(entry->device, CKPT_IOC_RESTART, &argument);
	tree->task[LIVE(me)].value = errno;
	tree_count(&tree->reported);
	_exit(200);
}

static inline void family_makes(enum member me, const struct family_entry *entry)
{
	int i;

	for (i = 0; i < MEMBERS; i++)
		if (family_parent[i] == (int)me && SYS(fork()) == 0) {
			/* The child makes its own children. */
			me = i;
			i = -1;
		}
	family_enters(me, entry);
}

/* Makes a family that wants to be restored; its eldest is a child of the caller. */
static inline pid_t family_born(const struct family_entry *entry)
{
	sigset_t all, old;
	pid_t pid;
	int i;

	tree->ready = 0;
	tree->reported = 0;
	for (i = 0; i < MEMBERS; i++)
		tree->task[LIVE(i)] = (struct tree_task){ 0 };
	sigfillset(&all);
	SYS(sigprocmask(SIG_BLOCK, &all, &old));
	pid = SYS(fork());
	if (pid == 0)
		family_makes(GRANDPA, entry);
	SYS(sigprocmask(SIG_SETMASK, &old, NULL));
	tree_wait_count(&tree->ready, MEMBERS, "are there");
	return pid;
}

/*
 * The coordinator's part: 0, or the error. What the saved family and the new one have written to
 * the page that all share has changed it.
 */
static inline int family_coordinates(pid_t grandpa, int image, const struct family_entry *entry,
				     int log)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .pid = grandpa, .fd = image,
					 .flags = RESTART_CHANGED_FILES,
					 .logfd = log, .cgroup_fd = CKPT_FD_NONE };

	return ioctl(entry->device, CKPT_IOC_RESTART, &argument) < 0 ? errno : 0;
}

/* Until these members sleep, in their call if they make one. */
static inline void family_waits(void)
{
	int i, tries;

	for (i = 0; i < MEMBERS; i++)
		for (tries = 0; tree_state(tree->task[LIVE(i)].pid) != 'S'; tries++) {
			if (tries == ckpt_patience(5000))
				ckpt_fail("%d does not wait", i);
			usleep(1000);
		}
}

/* A restored family goes on, and ends as the saved one would have. */
static inline void family_ends_well(pid_t grandpa)
{
	usleep(30000);
	CHECK_EQ(waitpid(grandpa, NULL, WNOHANG), 0);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(grandpa), TARGET_EXIT);
	SYS(unlink("target-go"));
	family_gone(LIVE(0));
}

/* A restart that has to fail: the error, what the log says, and nobody is left. */
static inline void family_fails(int image, const struct family_entry *entry, int wanted,
				const char *text)
{
	int log = new_file("log"), error;
	static char said[8192];

	error = family_coordinates(family_born(entry), again(image), entry, log);
	ckpt_read_file("log", said, sizeof(said));
	if (error != wanted || !strstr(said, text))
		ckpt_fail("the restart ended with \"%s\", wanted \"%s\" and \"%s\"; the log: %s",
			  strerror(error), strerror(wanted), text, said);
	family_gone(LIVE(0));
	SYS(close(log));
}

#endif /* FAMILY_H */
