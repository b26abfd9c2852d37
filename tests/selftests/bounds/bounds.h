/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of resource bounds share: control groups that count memory.
 */
#ifndef BOUNDS_H
#define BOUNDS_H

#include "../rights/rights.h"

struct memcg {
	char path[PATH_MAX];
};

/* A control group with so much memory, at the top: groups with processes cannot have any. */
static inline struct memcg memcg_make(const char *limit)
{
	static int number;
	struct memcg group;

	if (access("/sys/fs/cgroup/cgroup.subtree_control", F_OK) != 0)
		ckpt_skip("no unified control groups here");
	write_text("/sys/fs/cgroup", "cgroup.subtree_control", "+memory");
	snprintf(group.path, sizeof(group.path), "/sys/fs/cgroup/ckpt-bounds-%d-%d", getpid(),
		 number++);
	SYS(mkdir(group.path, 0755));
	write_text(group.path, "memory.max", limit);
	return group;
}

static inline void memcg_enter(const struct memcg *group)
{
	write_text(group->path, "cgroup.procs", "0");
}

static inline long memcg_number(const struct memcg *group, const char *name)
{
	char path[PATH_MAX + 32], text[64];

	snprintf(path, sizeof(path), "%s/%s", group->path, name);
	ckpt_read_file(path, text, sizeof(text));
	return atol(text);
}

/* Everybody in it has ended. */
static inline void memcg_remove(const struct memcg *group)
{
	int tries;

	for (tries = 0; rmdir(group->path) != 0; tries++) {
		if (tries == 2000)
			ckpt_fail("rmdir %s: %s", group->path, strerror(errno));
		usleep(1000);
	}
}

/* A number that a child leaves behind. */
static inline void ckpt_write_number(const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	ckpt_write_file(name, text, strlen(text));
}

static inline long ckpt_read_number(const char *name)
{
	char text[32];

	ckpt_read_file(name, text, sizeof(text));
	return atol(text);
}

#endif /* BOUNDS_H */
