// SPDX-License-Identifier: GPL-2.0-only
//
// A child that waits for its own vfork child stands in the middle of a system
// call: the tree is refused, and all of it goes on.
//
// EXPECT: refused EOPNOTSUPP|EBUSY "vfork"
#include "../tree/tree.h"

static void waits(void *argument)
{
	pid_t child = vfork();

	(void)argument;
	if (child == 0) {
		tree_store(&tree->word[0], 1);
		tree_until(&tree->word[0], 2);
		_exit(4);
	}
	CHECK_EQ(tree_status(child), 4 << 8);
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_fork(waits, NULL);
	tree_until(&tree->word[0], 1);
	ckpt_ready();
	tree_store(&tree->word[0], 2);
	tree_reap(pid);
	return ckpt_pass();
}
