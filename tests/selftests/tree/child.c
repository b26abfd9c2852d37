// SPDX-License-Identifier: GPL-2.0-only
//
// A child of a process comes back as its child, with memory of its own, and ends
// with its own status. Promises H.1.1, H.1.2, H.1.19: it goes on where it was.
#include "tree.h"

static int value = 5;

static void child(void *argument)
{
	int place;

	(void)argument;
	value = 6;
	place = tree_wait();
	CHECK_EQ(value, 6);
	CHECK_EQ(getppid(), tree->task[0].pid);
	tree_report(place);
	_exit(33);
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_fork(child, NULL);
	tree_go(1);
	CHECK_EQ(value, 5);
	tree_end(1);
	CHECK_EQ(tree_status(pid), 33 << 8);
	CHECK_ERRNO(wait(NULL), ECHILD);
	return ckpt_pass();
}
