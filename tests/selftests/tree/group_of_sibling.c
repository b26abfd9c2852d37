// SPDX-License-Identifier: GPL-2.0-only
//
// Processes that are in the group of a sibling, of a cousin, of their parent's
// other child.
#include "tree.h"

static void leader(void *argument)
{
	SYS(setpgid(0, 0));
	tree_store(&tree->word[0], getpid());
	tree_part(argument);
}

static void cousin(void *argument)
{
	tree_sleep(&tree->word[0], 0);
	SYS(setpgid(0, tree_load(&tree->word[0])));
	tree_part(argument);
}

static void nephews(void *argument)
{
	tree_fork(cousin, argument);
	cousin(argument);
	tree_reap_all(1);
}

int main(void)
{
	tree_start();
	tree_fork(cousin, NULL);
	tree_fork(nephews, NULL);
	tree_fork(leader, NULL);
	tree_go(4);
	CHECK_EQ(getpgid(tree->word[0]), tree->word[0]);
	tree_end(4);
	tree_reap_all(3);
	return ckpt_pass();
}
