// SPDX-License-Identifier: GPL-2.0-only
//
// The coordinator is told the live pids of those whose pid it did not know, also when
// the map is so large that it is gone through in steps, and most of it is about nobody.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

/* Entries that are about nobody, before each that is about a member. */
#define NOBODYS 5000
#define ENTRIES (MEMBERS * (NOBODYS + 1))
#define FIRST_NOBODY (1 << 23)

static struct ckpt_pid_map map[ENTRIES];

static struct ckpt_pid_map *entry_of(enum member member)
{
	return &map[member * (NOBODYS + 1) + NOBODYS];
}

/* Restarts with these entries, which tell no live pid; those of members are filled in. */
static void restart(int image, struct ckpt_pid_map *entries, unsigned int count)
{
	struct family_entry entry = family_entry();
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = again(image),
					 .flags = RESTART_CHANGED_FILES,
					 .cgroup_fd = CKPT_FD_NONE, .logfd = STDERR_FILENO,
					 .pids = (unsigned long)entries, .nr_pids = count };

	argument.pid = family_born(&entry);
	CHECK_EQ(SYS(ioctl(entry.device, CKPT_IOC_RESTART, &argument)), 0);
	SYS(close(entry.device));
	family_ends_well(argument.pid);
}

int main(void)
{
	int image = image_of_family("image"), i;
	struct ckpt_pid_map few[MEMBERS];

	for (i = 0; i < MEMBERS; i++)
		few[i] = (struct ckpt_pid_map){ .image_pid = tree->task[SAVED(i)].pid };
	restart(image, few, MEMBERS);
	for (i = 0; i < MEMBERS; i++) {
		CHECK_EQ(few[i].image_pid, tree->task[SAVED(i)].pid);
		CHECK_EQ(few[i].pid, tree->task[LIVE(i)].pid);
	}

	for (i = 0; i < ENTRIES; i++)
		map[i] = (struct ckpt_pid_map){ .image_pid = FIRST_NOBODY + i };
	for (i = 0; i < MEMBERS; i++)
		entry_of(i)->image_pid = tree->task[SAVED(i)].pid;
	restart(image, map, ENTRIES);
	for (i = 0; i < MEMBERS; i++) {
		CHECK_EQ(entry_of(i)->image_pid, tree->task[SAVED(i)].pid);
		CHECK_EQ(entry_of(i)->pid, tree->task[LIVE(i)].pid);
		entry_of(i)->pid = 0;
	}
	for (i = 0; i < ENTRIES; i++)
		CHECK_EQ(map[i].pid, 0);
	return ckpt_pass();
}
