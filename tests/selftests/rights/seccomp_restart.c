// SPDX-License-Identifier: GPL-2.0-only
//
// Neither a coordinator nor a task that seccomp confines may restart: what an image says would be done
// without the filter being asked. Both get EPERM and go on as they were.
//
// MODES: plain
#include "../api/api.h"
#include "../seccomp.h"

static void task(void)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };

	seccomp_confine();
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, &argument), EPERM);
	CHECK_ERRNO(syscall(SYS_getpgid, 0), EDOM);
	_exit(0);
}

static void onto_self(int image)
{
	seccomp_confine();
	CHECK_ERRNO(ckpt_restart_flags(0, image, CKPT_FD_NONE, RESTART_TASKSELF), EPERM);
	CHECK_ERRNO(syscall(SYS_getpgid, 0), EDOM);
	_exit(0);
}

static void coordinator(int image)
{
	pid_t child = restarting_child();
	int log = new_file("log");
	char text[512];

	seccomp_confine();
	CHECK_ERRNO(ckpt_restart_flags(child, image, log, 0), EPERM);
	ckpt_read_file("log", text, sizeof(text));
	CHECK(strstr(text, "seccomp confines the caller") != NULL);
	/* The child has not been touched. */
	CHECK_EQ(waitpid(child, NULL, WNOHANG), 0);
	SYS(kill(child, SIGKILL));
	CHECK_EQ(exit_status(child), 1000 + SIGKILL);
	_exit(0);
}

int main(void)
{
	int image = image_of_target("image", NULL);
	pid_t pid;

	device();
	pid = SYS(fork());
	if (pid == 0)
		task();
	CHECK_EQ(exit_status(pid), 0);
	pid = SYS(fork());
	if (pid == 0)
		onto_self(image);
	CHECK_EQ(exit_status(pid), 0);
	pid = SYS(fork());
	if (pid == 0)
		coordinator(image);
	CHECK_EQ(exit_status(pid), 0);
	return ckpt_pass();
}
