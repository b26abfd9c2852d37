// SPDX-License-Identifier: GPL-2.0-only
//
// An orphan that has the memory of a process which has become its sibling by
// adoption.
#include "tree.h"

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

int main(void)
{
	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	tree_fork(owner, NULL);
	tree_go(2);
	tree_end(2);
	tree_reap_all(2);
	return ckpt_pass();
}
