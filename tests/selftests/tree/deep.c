// SPDX-License-Identifier: GPL-2.0-only
//
// A chain of two hundred generations.
#include "tree.h"

static void generation(void *argument)
{
	long left = (long)argument;
	pid_t child = left > 1 ? tree_fork(generation, (void *)(left - 1)) : 0;

	tree_part(NULL);
	if (child)
		tree_reap(child);
}

int main(void)
{
	pid_t child;

	tree_start();
	child = tree_fork(generation, (void *)200);
	tree_go(200);
	tree_end(200);
	tree_reap(child);
	return ckpt_pass();
}
