// SPDX-License-Identifier: GPL-2.0-only
//
// The leader of a session has gone; its members live on in it, and nobody else
// gets its number.
#include "tree.h"

static void member(void *argument)
{
	pid_t leader = getppid();
	int place;

	(void)argument;
	tree_store(&tree->word[0], 1);
	while (getppid() == leader)
		usleep(1000);
	place = tree_wait();
	CHECK_EQ(getsid(0), leader);
	CHECK_EQ(getpgrp(), leader);
	CHECK_EQ(getppid(), tree->task[0].pid);
	/* A new session needs a process that leads no group. */
	CHECK_ERRNO(kill(leader, 0), ESRCH);
	SYS(kill(-leader, 0));
	tree_report(place);
}

static void leader(void *argument)
{
	(void)argument;
	SYS(setsid());
	tree_fork(member, NULL);
	tree_until(&tree->word[0], 1);
	_exit(0);
}

int main(void)
{
	pid_t pid;

	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = tree_fork(leader, NULL);
	tree_reap(pid);
	tree_go(1);
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
