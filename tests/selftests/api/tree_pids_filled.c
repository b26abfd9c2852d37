// SPDX-License-Identifier: GPL-2.0-only
//
// The coordinator is told the live pids of those whose pid it did not know.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

int main(void)
{
	int image = image_of_family("image"), i;
	struct family_entry entry = family_entry();
	struct ckpt_pid_map map[MEMBERS];
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = image,
					 .flags = RESTART_CHANGED_FILES,
					 .cgroup_fd = CKPT_FD_NONE, .logfd = STDERR_FILENO,
					 .pids = (unsigned long)map, .nr_pids = MEMBERS };

	for (i = 0; i < MEMBERS; i++)
		map[i] = (struct ckpt_pid_map){ .image_pid = tree->task[SAVED(i)].pid };
	argument.pid = family_born(&entry);
	CHECK_EQ(SYS(ioctl(entry.device, CKPT_IOC_RESTART, &argument)), 0);
	for (i = 0; i < MEMBERS; i++) {
		CHECK_EQ(map[i].image_pid, tree->task[SAVED(i)].pid);
		CHECK_EQ(map[i].pid, tree->task[LIVE(i)].pid);
	}
	family_ends_well(argument.pid);
	return ckpt_pass();
}
