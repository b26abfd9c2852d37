// SPDX-License-Identifier: GPL-2.0-only
//
// The leader of a session has gone and its members live on: its number is held by
// a ghost, which is no task of the image and ends without a word. Promise H.1.24.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

/* Places of the saved root, the member, and the leader that is gone. */
enum { ROOT = 1, MEMBER, LEADER, LIVE_MEMBER, LIVE_LEADER };

static void saved(void)
{
	char text[PATH_MAX];
	pid_t leader;

	do {
		usleep(1000);
		ckpt_read_file("/proc/self/cgroup", text, sizeof(text));
	} while (!strstr(text, "/target-"));
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	leader = SYS(fork());
	if (leader == 0) {
		SYS(setsid());
		tree_identify(&tree->task[LEADER]);
		if (SYS(fork()) == 0) {
			while (getppid() == tree->task[LEADER].pid)
				usleep(1000);
			tree_register(MEMBER);
			while (access("target-go", F_OK) != 0)
				usleep(5000);
			/* Still in the session of somebody who is gone. */
			_exit(getsid(0) == getpgrp() && getsid(0) != getpid() ? 0 : 1);
		}
		_exit(0);
	}
	tree_reap(leader);
	tree_register(ROOT);
	tree_reap_all(1);
	_exit(TARGET_EXIT);
}

static void enters(int fd, int saved_place, unsigned int flags)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE,
					 .flags = flags,
					 .image_pid = tree->task[saved_place].pid };

	ioctl(fd, CKPT_IOC_RESTART, &argument);
	_exit(200);
}

int main(void)
{
	struct family_entry entry;
	struct target target;
	int fd = new_file("image");
	sigset_t all, old;
	pid_t root;

	device();
	tree_start();
	target = target_start(saved);
	tree_wait_count(&tree->ready, 2, "are ready");
	usleep(20000);
	target_freeze(&target, true);
	CHECK(SYS(ckpt_checkpoint_flags(target.pid, fd, STDERR_FILENO, CHECKPOINT_SUBTREE)) > 0);
	target_end(&target);
	ckpt_write_file("target-go", "", 0);

	entry = family_entry();
	sigfillset(&all);
	SYS(sigprocmask(SIG_BLOCK, &all, &old));
	root = SYS(fork());
	if (root == 0) {
		if (SYS(fork()) == 0) {
			tree_identify(&tree->task[LIVE_LEADER]);
			enters(entry.device, LEADER, RESTART_GHOST);
		}
		if (SYS(fork()) == 0) {
			tree_identify(&tree->task[LIVE_MEMBER]);
			enters(entry.device, MEMBER, 0);
		}
		enters(entry.device, ROOT, 0);
	}
	SYS(sigprocmask(SIG_SETMASK, &old, NULL));
	CHECK_EQ(family_coordinates(root, again(fd), &entry, STDERR_FILENO), 0);
	/* The ghost ends when the restart is over, and the root never hears of it. */
	while (kill(tree->task[LIVE_LEADER].pid, 0) == 0)
		usleep(1000);
	CHECK_EQ(errno, ESRCH);
	CHECK_EQ(exit_status(root), TARGET_EXIT);
	return ckpt_pass();
}
