// SPDX-License-Identifier: GPL-2.0-only
//
// The leader of a session and of a group is a zombie; its members live on.
#include "tree.h"

static void member(void *argument)
{
	pid_t leader = getppid();

	(void)argument;
	tree_store(&tree->word[0], 1);
	while (getppid() == leader)
		usleep(1000);
	tree_part(NULL);
}

static void leader(void *argument)
{
	(void)argument;
	SYS(setsid());
	tree_fork(member, NULL);
	tree_until(&tree->word[0], 1);
	_exit(8);
}

int main(void)
{
	pid_t pid;

	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = tree_zombie(leader, NULL);
	tree_go(1);
	CHECK_EQ(getsid(pid), pid);
	CHECK_EQ(getpgid(pid), pid);
	tree_end(1);
	CHECK_EQ(tree_status(pid), 8 << 8);
	tree_reap_all(1);
	return ckpt_pass();
}
