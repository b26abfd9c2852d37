// SPDX-License-Identifier: GPL-2.0-only
//
// With RESTART_FROZEN a whole tree stays frozen until its control group is thawed.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

int main(void)
{
	int image = image_of_family("image"), i, tries;
	struct family_entry entry = family_entry();
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = image,
					 .flags = RESTART_FROZEN | RESTART_CHANGED_FILES,
					 .logfd = STDERR_FILENO };
	char path[PATH_MAX + 32], text[256];
	struct target target;

	make_cgroup(target.cgroup, "frozen");
	snprintf(path, sizeof(path), "%s/cgroup.freeze", target.cgroup);
	argument.cgroup_fd = SYS(open(path, O_WRONLY | O_CLOEXEC));
	ckpt_write_file("target-go", "", 0);
	argument.pid = family_born(&entry);
	for (i = 0; i < MEMBERS; i++)
		enter_cgroup(&target, tree->task[LIVE(i)].pid);
	CHECK_EQ(SYS(ioctl(entry.device, CKPT_IOC_RESTART, &argument)), 0);
	snprintf(path, sizeof(path), "%s/cgroup.events", target.cgroup);
	for (tries = 0; tries < ckpt_patience(3000); tries++) {
		ckpt_read_file(path, text, sizeof(text));
		if (strstr(text, "frozen 1"))
			break;
		usleep(1000);
	}
	CHECK(strstr(text, "frozen 1") != NULL);
	usleep(200000);
	for (i = 0; i < MEMBERS; i++)
		SYS(kill(tree->task[LIVE(i)].pid, 0));
	target_freeze(&target, false);
	CHECK_EQ(exit_status(argument.pid), TARGET_EXIT);
	family_gone(LIVE(0));
	remove_cgroup(&target);
	return ckpt_pass();
}
