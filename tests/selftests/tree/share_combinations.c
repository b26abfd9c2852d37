// SPDX-License-Identifier: GPL-2.0-only
//
// Every combination of CLONE_VM, CLONE_FILES, CLONE_FS and CLONE_SIGHAND that the
// kernel takes, between a process and its children, and by CLONE_PARENT between
// siblings: exactly the same is shared as before.
#include "tree.h"
#include <linux/kcmp.h>

/* As the bits of a combination; the first is needed for the second. */
static const int flag[] = { CLONE_VM, CLONE_SIGHAND, CLONE_FILES, CLONE_FS };
static const int kind[] = { KCMP_VM, KCMP_SIGHAND, KCMP_FILES, KCMP_FS };
static pid_t everybody[32];
static bool same[32][32][4];
static int count;

static int part(void *argument)
{
	int place = tree_place();

	(void)argument;
	tree_register(place);
	tree_wait_go();
	tree_check(place);
	tree_report(place);
	tree_until(&tree->word[0], 1);
	return 0;
}

/* A child, with or without a sibling that shares the same with it and not with its parent. */
static int maker(void *argument)
{
	long flags = (long)argument;
	int place = tree_place();

	tree_clone(part, NULL, (int)flags | CLONE_PARENT);
	tree_register(place);
	tree_wait_go();
	tree_check(place);
	tree_report(place);
	tree_until(&tree->word[0], 1);
	return 0;
}

int main(void)
{
	int bits, i, j, k;

	tree_start();
	for (bits = 0; bits < 16; bits++) {
		int flags = 0;

		if ((bits & 3) == 2)
			continue;
		for (k = 0; k < 4; k++)
			flags |= bits & 1 << k ? flag[k] : 0;
		tree_clone(part, NULL, flags | SIGCHLD);
		if (bits % 3 == 0)
			tree_clone(maker, (void *)(long)flags, SIGCHLD);
	}
	/* 12 children, 5 makers with a sibling each. */
	count = 1 + 12 + 2 * 5;
	tree_wait_count(&tree->ready, count - 1, "are ready");
	for (i = 0; i < count; i++)
		everybody[i] = tree->task[i].pid;
	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			for (k = 0; k < 4; k++)
				same[i][j][k] = tree_shared(everybody[i], everybody[j], kind[k]);
	tree_go(count - 1);
	tree_end(count - 1);
	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			for (k = 0; k < 4; k++)
				if (same[i][j][k] != tree_shared(everybody[i], everybody[j], kind[k]))
					ckpt_fail("tasks %d and %d: sharing of sort %d was %d", i, j,
						  kind[k], same[i][j][k]);
	tree_store(&tree->word[0], 1);
	tree_reap_all(count - 1);
	return ckpt_pass();
}
