// SPDX-License-Identifier: GPL-2.0-only
//
// Orphans have become children of a subreaper and stay so; after the restart it
// still adopts.
#include "tree.h"

static void orphan(void *argument)
{
	pid_t parent = getppid();

	(void)argument;
	tree_add(&tree->word[0]);
	while (getppid() == parent)
		usleep(1000);
	tree_part(NULL);
}

static void leaves(void *argument)
{
	(void)argument;
	tree_fork(orphan, NULL);
	tree_fork(orphan, NULL);
	tree_until(&tree->word[0], 2);
	_exit(0);
}

/* Its child is left behind when it ends, after the restart. */
static void leaves_late(void *argument)
{
	(void)argument;
	tree_fork(tree_part, NULL);
	tree_part(NULL);
	/* The child has to have seen who its parent is. */
	tree_wait_count(&tree->reported, 4, "have reported");
}

int main(void)
{
	int value = 0;

	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	tree_reap(tree_fork(leaves, NULL));
	tree_fork(leaves_late, NULL);
	tree_wait_count(&tree->ready, 4, "are ready");
	tree_go(4);
	SYS(prctl(PR_GET_CHILD_SUBREAPER, &value));
	CHECK_EQ(value, 1);
	tree_end(4);
	tree_reap_all(4);
	return ckpt_pass();
}
