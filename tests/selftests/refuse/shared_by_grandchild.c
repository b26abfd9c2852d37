// SPDX-License-Identifier: GPL-2.0-only
//
// An orphan that has the memory of a process which is neither its parent nor its
// sibling cannot be made again, and is refused; both go on.
//
// EXPECT: refused EOPNOTSUPP "CLONE_VM|made again|memory"
#include "../tree/tree.h"

static int orphan(void *argument)
{
	pid_t parent = tree_call(SYS_getppid, 0, 0, 0, 0, 0);

	(void)argument;
	tree_store(&tree->word[0], 1);
	while (tree_call(SYS_getppid, 0, 0, 0, 0, 0) == parent)
		tree_call(SYS_sched_yield, 0, 0, 0, 0, 0);
	tree_part(NULL);
	return 0;
}

static int between(void *argument)
{
	(void)argument;
	tree_clone(orphan, NULL, CLONE_VM | SIGCHLD);
	tree_until(&tree->word[0], 1);
	return 0;
}

static void owner(void *argument)
{
	tree_reap(tree_clone(between, argument, CLONE_VM | SIGCHLD));
	tree_part(NULL);
}

/* The orphan is adopted by the root, not by this one. */
static void parent(void *argument)
{
	tree_fork(owner, argument);
	tree_part(NULL);
	tree_reap_all(1);
}

int main(void)
{
	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	tree_fork(parent, NULL);
	tree_go(3);
	tree_end(3);
	tree_reap_all(2);
	return ckpt_pass();
}
