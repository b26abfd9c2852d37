// SPDX-License-Identifier: GPL-2.0-only
//
// Pid namespaces within each other; what is killed with an inner init is what
// lives in it.
//
// MODES: +pidns
#include "tree.h"

static int level(void *argument)
{
	long below = (long)argument;
	int place = tree_place();
	pid_t child = 0, inner = 0;

	CHECK_EQ(getpid(), 1);
	child = tree_fork(tree_part, NULL);
	if (below > 0)
		inner = tree_clone(level, (void *)(below - 1), CLONE_NEWPID | SIGCHLD);
	tree_register(place);
	tree_wait_go();
	tree_check(place);
	tree_reap(child);
	if (inner) {
		CHECK_EQ(inner, 3);
		SYS(kill(inner, SIGKILL));
		CHECK_EQ(tree_status(inner), SIGKILL);
	}
	tree_report(place);
	if (below < 2)
		/* Until the outer one comes. */
		for (;;)
			pause();
	return 0;
}

int main(void)
{
	pid_t pid;

	tree_start();
	/* A session that can be seen from a new namespace, too. */
	SYS(setsid());
	pid = tree_clone(level, (void *)2, CLONE_NEWPID | SIGCHLD);
	tree_go(6);
	tree_reap(pid);
	return ckpt_pass();
}
