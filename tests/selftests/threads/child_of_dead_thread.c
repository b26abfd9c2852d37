// SPDX-License-Identifier: GPL-2.0-only
//
// The thread that made a child has ended: the child belongs to another thread of
// the process, before and after a restart.
//
// LIBS: -lpthread
#include "threads.h"

static pid_t child;

static void *maker(void *argument)
{
	child = tree_fork(tree_part, NULL);
	return argument;
}

int main(void)
{
	tree_start();
	tree_join(tree_thread(maker, NULL));
	tree_go(1);
	tree_end(1);
	CHECK_EQ(tree->task[1].ppid, getpid());
	tree_reap(child);
	return ckpt_pass();
}
