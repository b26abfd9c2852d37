// SPDX-License-Identifier: GPL-2.0-only
//
// With kernel.ckpt_unpriv_allowed at 1 a caller with CAP_SYS_ADMIN restarts a program without capabilities: the
// task that becomes it has given them up before, and the sysctl is for the coordinator. Without
// CAP_SYS_ADMIN the coordinator, and a task that restarts itself, get EPERM.
//
// MODES: plain
#include "rights.h"

static void is_user(void)
{
	become(NOBODY);
	target_waits();
}

/* A child without capabilities that waits for its coordinator. */
static pid_t child_of_user(void)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		become(NOBODY);
		child_restarts();
	}
	return pid;
}

static void coordinator_without(int image)
{
	pid_t user = SYS(fork());

	if (user == 0) {
		struct ckpt_restart self = { .size = sizeof(self), .flags = RESTART_TASKSELF, .fd = image,
					     .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };
		pid_t pid;

		become(NOBODY);
		CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, &self), EPERM);
		pid = child_of_user();
		CHECK_ERRNO(ckpt_restart_flags(pid, image, CKPT_FD_NONE, 0), EPERM);
		SYS(kill(pid, SIGKILL));
		CHECK_EQ(exit_status(pid), 1000 + SIGKILL);
		_exit(0);
	}
	CHECK_EQ(exit_status(user), 0);
}

/* The credentials of the coordinator are its own, but it is the user that restarts. */
static void coordinator_with(int image)
{
	pid_t user = SYS(fork());

	if (user == 0) {
		pid_t pid = child_of_user();

		CHECK_EQ(ckpt_restart_flags(pid, image, STDERR_FILENO, 0), 0);
		CHECK_EQ(exit_status(pid), TARGET_EXIT);
		_exit(0);
	}
	CHECK_EQ(exit_status(user), 0);
}

int main(void)
{
	int image;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	SYS(chmod(".", 0777));
	/* Our output is open in what is restored: others have to be able to open it. */
	SYS(fchmod(STDERR_FILENO, 0666));
	everybody_is_disallowed();
	image = image_of_target("image", is_user);
	ckpt_write_file("target-go", "", 0);
	coordinator_without(image);
	SYS(lseek(image, 0, SEEK_SET));
	coordinator_with(image);
	return ckpt_pass();
}
