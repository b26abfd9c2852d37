// SPDX-License-Identifier: GPL-2.0-only
//
// With RESTART_FROZEN the restarted process stays frozen until its control group
// is thawed. One that the caller is in, or below it, is refused: nothing would thaw it.
//
// MODES: plain
#include "api.h"
#include <sys/syscall.h>

/* The file of our own control group. */
static int own_freezer(void)
{
	char group[PATH_MAX], path[PATH_MAX + 32];
	int fd;

	make_cgroup(group, ".");
	snprintf(path, sizeof(path), "%s/cgroup.freeze", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		ckpt_skip("our control group cannot be frozen");
	return fd;
}

static void refuses_own(int image)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = image,
					 .flags = RESTART_FROZEN, .logfd = new_file("own.log") };
	struct ckpt_freeze freeze = { .size = sizeof(freeze), .logfd = argument.logfd };
	struct target target = target_start(NULL);
	char text[4096];

	argument.cgroup_fd = freeze.cgroup_fd = own_freezer();
	argument.pid = restarting_child();
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, &argument), EINVAL);
	ckpt_read_file("own.log", text, sizeof(text));
	CHECK(strstr(text, "the caller is in the cgroup") != NULL);
	SYS(kill(argument.pid, SIGKILL));
	SYS(waitpid(argument.pid, NULL, 0));
	freeze.pidfd = SYS(syscall(SYS_pidfd_open, target.pid, 0));
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_FREEZE, &freeze), EINVAL);
	SYS(close(freeze.pidfd));
	SYS(close(argument.cgroup_fd));
	SYS(close(argument.logfd));
	SYS(lseek(image, 0, SEEK_SET));
	target_end(&target);
}

int main(void)
{
	int fd = image_of_target("image", NULL), tries;
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = fd,
					 .flags = RESTART_FROZEN, .logfd = STDERR_FILENO };
	struct target target;
	char path[PATH_MAX + 32], text[256];

	refuses_own(fd);
	make_cgroup(target.cgroup, "frozen");
	ckpt_write_file("target-go", "", 0);
	snprintf(path, sizeof(path), "%s/cgroup.freeze", target.cgroup);
	argument.cgroup_fd = SYS(open(path, O_WRONLY));
	argument.pid = restarting_child();
	enter_cgroup(&target, argument.pid);
	CHECK_EQ(SYS(ioctl(device(), CKPT_IOC_RESTART, &argument)), 0);
	snprintf(path, sizeof(path), "%s/cgroup.events", target.cgroup);
	for (tries = 0; tries < ckpt_patience(3000); tries++) {
		ckpt_read_file(path, text, sizeof(text));
		if (strstr(text, "frozen 1"))
			break;
		usleep(1000);
	}
	CHECK(strstr(text, "frozen 1") != NULL);
	usleep(200000);
	CHECK_EQ(waitpid(argument.pid, NULL, WNOHANG), 0);
	target_freeze(&target, false);
	CHECK_EQ(exit_status(argument.pid), TARGET_EXIT);
	remove_cgroup(&target);
	return ckpt_pass();
}
