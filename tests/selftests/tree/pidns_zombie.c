// SPDX-License-Identifier: GPL-2.0-only
//
// A zombie, a session and a group within an inner pid namespace.
//
// MODES: +pidns
#include "tree.h"

static void dies(void *argument)
{
	(void)argument;
	_exit(5);
}

static void leader(void *argument)
{
	SYS(setsid());
	tree_part(argument);
}

static int init(void *argument)
{
	int place = tree_place();
	pid_t zombie, session;

	(void)argument;
	zombie = tree_zombie(dies, NULL);
	session = tree_fork(leader, NULL);
	tree_register(place);
	tree_wait_go();
	tree_check(place);
	CHECK_EQ(getsid(session), session);
	CHECK_EQ(tree_status(zombie), 5 << 8);
	tree_reap(session);
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
	tree_end(2);
	tree_reap(pid);
	return ckpt_pass();
}
