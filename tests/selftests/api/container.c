// SPDX-License-Identifier: GPL-2.0-only
//
// A whole container, without CHECKPOINT_SUBTREE: the init of a pid namespace and
// its child come back in a new namespace, with the same numbers. Promise H.1.23.
//
// MODES: plain
// LIBS: -lpthread
#include "container.h"

static struct family_entry entry;

static void enters(int image_pid)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE,
					 .image_pid = image_pid };

	ioctl(entry.device, CKPT_IOC_RESTART, &argument);
	_exit(200);
}

static int init(void *argument)
{
	(void)argument;
	if (SYS(fork()) == 0)
		enters(2);
	enters(1);
	return 0;
}

int main(void)
{
	struct target target = container_start();
	static char said[4096];
	int fd = new_file("image"), error;
	sigset_t all, old;
	pid_t pid;

	target_freeze(&target, true);
	error = container_checkpoint(target.pid, fd, said, sizeof(said));
	if (error)
		ckpt_fail("checkpoint: %s: %s", strerror(error), said);
	target_end(&target);
	ckpt_write_file("target-go", "", 0);

	entry = family_entry();
	sigfillset(&all);
	SYS(sigprocmask(SIG_BLOCK, &all, &old));
	pid = tree_clone(init, NULL, CLONE_NEWPID | SIGCHLD);
	SYS(sigprocmask(SIG_SETMASK, &old, NULL));
	CHECK_EQ(family_coordinates(pid, again(fd), &entry, STDERR_FILENO), 0);
	CHECK_EQ(exit_status(pid), TARGET_EXIT);
	return ckpt_pass();
}
