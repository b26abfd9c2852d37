// SPDX-License-Identifier: GPL-2.0-only
//
// The root leads a session and a group that all others are in.
//
// MODES: +pidns
#include "tree.h"

static void node(void *argument)
{
	pid_t child = argument ? tree_fork(node, NULL) : 0;

	tree_part(NULL);
	if (child)
		tree_reap(child);
}

int main(void)
{
	tree_start();
	SYS(setsid());
	tree_fork(node, (void *)1);
	tree_fork(node, NULL);
	tree_go(3);
	CHECK_EQ(getsid(0), getpid());
	CHECK_EQ(getpgrp(), getpid());
	tree_end(3);
	tree_reap_all(2);
	return ckpt_pass();
}
