/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of whole containers share: a process that is the init of a pid
 * namespace, with a child.
 */
#ifndef CONTAINER_H
#define CONTAINER_H

#include "family.h"

/* Places of the init and its child: saved, and restored. */
enum { INIT = 1, CHILD, LIVE_INIT, LIVE_CHILD };

/* A descriptor of whoever starts the container that its init has, too, as 3. */
static int container_keeps = -1;

/* Nothing is open that somebody outside has, too. */
static void container_closes_files(void)
{
	int null = SYS(open("/dev/null", O_RDWR));
	int output = SYS(open("container-output", O_WRONLY | O_CREAT | O_APPEND, 0600));

	SYS(dup2(null, 0));
	SYS(dup2(output, 1));
	SYS(dup2(output, 2));
	if (container_keeps >= 0)
		SYS(dup2(container_keeps, 3));
	close_range(container_keeps >= 0 ? 4 : 3, ~0u, 0);
}

static int container_init(void *argument)
{
	pid_t child;
	int status;

	(void)argument;
	container_closes_files();
	CHECK_EQ(getpid(), 1);
	/* Until it is in its control group, which cannot be seen from inside. */
	tree_until(&tree->word[0], 1);
	child = SYS(fork());
	if (child == 0) {
		CHECK_EQ(getpid(), 2);
		tree_register(CHILD);
		while (access("target-go", F_OK) != 0)
			usleep(5000);
		_exit(getpid() == 2 && getppid() == 1 ? 0 : 1);
	}
	tree_register(INIT);
	SYS(wait(&status));
	CHECK_EQ(status, 0);
	CHECK_EQ(getpid(), 1);
	_exit(TARGET_EXIT);
}

/* Starts a container in a control group; it is not frozen yet. */
static inline struct target container_start(void)
{
	static int number;
	struct target target;
	char name[32];

	device();
	if (!tree)
		tree_start();
	tree->ready = tree->word[0] = 0;
	snprintf(name, sizeof(name), "target-%d-%d", getpid(), number++);
	make_cgroup(target.cgroup, name);
	target.pid = tree_clone(container_init, NULL, CLONE_NEWPID | SIGCHLD);
	enter_cgroup(&target, target.pid);
	tree_store(&tree->word[0], 1);
	tree_wait_count(&tree->ready, 2, "are ready");
	usleep(20000);
	return target;
}

/* A whole-container checkpoint: what it gives, and what the log says. */
static inline int container_checkpoint(pid_t init, int fd, char *said, size_t size)
{
	int log = new_file("log"), result;

	result = ckpt_checkpoint_flags(init, fd, log, 0) > 0 ? 0 : errno;
	ckpt_read_file("log", said, size);
	SYS(close(log));
	return result;
}

#endif /* CONTAINER_H */
