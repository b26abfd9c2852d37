// SPDX-License-Identifier: GPL-2.0-only
//
// Sessions and process groups: a leader with members, a group of its own within
// the session. Promise H.1.24, which Linux-CR had left out.
#include "tree.h"

static void own_group(void *argument)
{
	SYS(setpgid(0, 0));
	tree_part(argument);
}

static void leader(void *argument)
{
	(void)argument;
	SYS(setsid());
	tree_fork(tree_part, NULL);
	tree_fork(own_group, NULL);
	tree_part(NULL);
	tree_reap_all(2);
}

int main(void)
{
	tree_start();
	tree_fork(leader, NULL);
	tree_fork(leader, NULL);
	tree_go(6);
	tree_end(6);
	tree_reap_all(2);
	return ckpt_pass();
}
