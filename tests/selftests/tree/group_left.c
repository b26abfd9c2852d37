// SPDX-License-Identifier: GPL-2.0-only
//
// The leader of a process group has gone; the group lives on, and can be
// signalled and joined.
#include "tree.h"

static void leader(void *argument)
{
	(void)argument;
	SYS(setpgid(0, 0));
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[1], 2);
	_exit(0);
}

static void member(void *argument)
{
	pid_t group = *(pid_t *)argument;
	int place;

	SYS(setpgid(0, group));
	tree_add(&tree->word[1]);
	place = tree_wait();
	CHECK_EQ(getpgrp(), group);
	tree_report(place);
	pause();
}

int main(void)
{
	pid_t group, one, two, late;

	tree_start();
	group = tree_fork(leader, NULL);
	tree_until(&tree->word[0], 1);
	one = tree_fork(member, &group);
	two = tree_fork(member, &group);
	tree_reap(group);
	tree_go(2);
	tree_end(2);
	late = SYS(fork());
	if (late == 0) {
		SYS(setpgid(0, group));
		CHECK_EQ(getpgrp(), group);
		_exit(0);
	}
	tree_reap(late);
	SYS(kill(-group, SIGTERM));
	CHECK_EQ(tree_status(one), SIGTERM);
	CHECK_EQ(tree_status(two), SIGTERM);
	return ckpt_pass();
}
