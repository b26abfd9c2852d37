// SPDX-License-Identifier: GPL-2.0-only
//
// A child in a pid namespace of its own is its init again: pid 1 inside, the old
// number outside.
//
// MODES: +pidns
#include "tree.h"

static int init(void *argument)
{
	int place = tree_place();
	pid_t child;

	(void)argument;
	CHECK_EQ(getpid(), 1);
	CHECK_EQ(getppid(), 0);
	child = tree_fork(tree_part, NULL);
	CHECK_EQ(child, 2);
	tree_register(place);
	tree_wait_go();
	tree_check(place);
	CHECK_EQ(getpid(), 1);
	tree_reap(child);
	child = SYS(fork());
	if (child == 0)
		_exit(getppid());
	CHECK(child == 2 || child == 3);
	CHECK_EQ(tree_status(child), 1 << 8);
	tree_report(place);
	return 0;
}

int main(void)
{
	pid_t pid;

	tree_start();
	/* A session that can be seen from a new namespace, too. */
	SYS(setsid());
	pid = tree_clone(init, NULL, CLONE_NEWPID | SIGCHLD);
	tree_go(2);
	SYS(kill(pid, 0));
	tree_end(2);
	tree_reap(pid);
	return ckpt_pass();
}
