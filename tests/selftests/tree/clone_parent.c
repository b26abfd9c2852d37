// SPDX-License-Identifier: GPL-2.0-only
//
// Siblings made with CLONE_PARENT are children of their maker's parent.
#include "tree.h"

static int sibling(void *argument)
{
	tree_part(argument);
	return 0;
}

static void maker(void *argument)
{
	(void)argument;
	tree_clone(sibling, NULL, CLONE_PARENT);
	tree_clone(sibling, NULL, CLONE_PARENT | SIGCHLD);
	tree_part(NULL);
	CHECK_ERRNO(waitpid(-1, NULL, __WALL), ECHILD);
}

int main(void)
{
	uint32_t i;

	tree_start();
	tree_fork(maker, NULL);
	tree_go(3);
	tree_end(3);
	for (i = 1; i < 4; i++)
		CHECK_EQ(tree->task[i].ppid, getpid());
	tree_reap_all(3);
	return ckpt_pass();
}
