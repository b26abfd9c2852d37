// SPDX-License-Identifier: GPL-2.0-only
//
// Zombies in the middle of a tree, each waiting for its own parent.
#include "tree.h"

static void dies(void *argument)
{
	_exit((int)(long)argument);
}

static void parent(void *argument)
{
	long status = (long)argument;
	pid_t zombie = tree_zombie(dies, (void *)status), second = tree_zombie(dies, (void *)1);
	int place = tree_wait();

	CHECK_EQ(tree_status(zombie), status << 8);
	CHECK_EQ(tree_status(second), 1 << 8);
	tree_report(place);
}

int main(void)
{
	long i;

	tree_start();
	for (i = 10; i < 15; i++)
		tree_fork(parent, (void *)i);
	tree_go(5);
	tree_end(5);
	tree_reap_all(5);
	return ckpt_pass();
}
