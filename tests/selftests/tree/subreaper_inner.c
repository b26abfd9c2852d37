// SPDX-License-Identifier: GPL-2.0-only
//
// A subreaper within the tree has adopted; who adopts whom is the same after the
// restart.
#include "tree.h"

static void late_orphan(void *argument)
{
	pid_t parent = getppid();
	int place = tree_wait();

	(void)argument;
	tree_store(&tree->word[2], 1);
	while (getppid() == parent)
		usleep(1000);
	/* Not the root: the inner one. */
	CHECK_EQ(getppid(), (pid_t)tree->word[1]);
	tree_report(place);
}

static void middle(void *argument)
{
	(void)argument;
	tree_fork(late_orphan, NULL);
	tree_part(NULL);
	/* The child has to have seen who its parent was; it is the orphan now. */
	tree_until(&tree->word[2], 1);
	_exit(0);
}

static void inner(void *argument)
{
	(void)argument;
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	tree->word[1] = getpid();
	tree_fork(middle, NULL);
	tree_part(NULL);
	tree_reap_all(2);
}

int main(void)
{
	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	tree_fork(inner, NULL);
	tree_go(3);
	tree_end(3);
	tree_reap_all(1);
	return ckpt_pass();
}
