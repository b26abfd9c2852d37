// SPDX-License-Identifier: GPL-2.0-only
//
// With RESTART_FROZEN the restarted process stays frozen until its control group
// is thawed.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = image_of_target("image", NULL), tries;
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = fd,
					 .flags = RESTART_FROZEN, .logfd = STDERR_FILENO };
	struct target target;
	char path[PATH_MAX + 32], text[256];

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
