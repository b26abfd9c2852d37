// SPDX-License-Identifier: GPL-2.0-only
//
// Who is stuck because nobody reads his log keeps nobody else waiting: checkpoints
// of others go on, and a task that waits at the same open device can be killed.
//
// MODES: plain
#include "rights.h"

#define LIMIT 20000

static pid_t saves(pid_t pid, int fd, int log)
{
	pid_t saver = SYS(fork());

	if (saver == 0)
		_exit(ckpt_checkpoint_flags(pid, fd, log, CHECKPOINT_SUBTREE) > 0 ? 0 : errno);
	return saver;
}

static void ends(pid_t pid)
{
	int status;

	SYS(kill(pid, SIGKILL));
	ends_within(pid, LIMIT, &status);
}

/* Two users save the same process; the second one is told so, in a log that is full. */
static void checkpoints_go_on(int full)
{
	struct target target = target_frozen(holds_memory), other;
	pid_t first = saves(target.pid, full, CKPT_FD_NONE), second, third;
	int status;

	wait_until_stuck(first);
	second = saves(target.pid, full, full);
	wait_until_stuck(second);
	other = target_frozen(NULL);
	third = saves(other.pid, new_file("other"), CKPT_FD_NONE);
	ends_within(third, LIMIT, &status);
	CHECK_EQ(status, 0);
	ends(second);
	ends(first);
	target_end(&target);
	target_end(&other);
}

static pid_t comes(unsigned int flags)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .flags = flags,
					 .fd = CKPT_FD_NONE, .logfd = CKPT_FD_NONE,
					 .cgroup_fd = CKPT_FD_NONE };
	int fd = device();
	pid_t pid = SYS(fork());

	if (pid == 0) {
		SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
		ioctl(fd, CKPT_IOC_RESTART, &argument);
		_exit(errno);
	}
	wait_until_stuck(pid);
	return pid;
}

/* A coordinator finds a ghost for a task, and says so in a log that is full. */
static void arrivals_can_be_killed(int full)
{
	int image = image_of_target("image", NULL);
	pid_t coordinator = SYS(fork());

	if (coordinator == 0) {
		ckpt_restart_flags(comes(RESTART_GHOST), image, full, 0);
		_exit(errno);
	}
	wait_until_stuck(coordinator);
	ends(comes(0));
	ends(coordinator);
}

int main(void)
{
	int pipe[2];

	device();
	full_pipe(pipe);
	checkpoints_go_on(pipe[1]);
	arrivals_can_be_killed(pipe[1]);
	return ckpt_pass();
}
