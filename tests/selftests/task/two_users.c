// SPDX-License-Identifier: GPL-2.0-only
//
// A tree with two sets of credentials, as that of su(1), goes on with both.
//
// MODES: -new-pid
#include "../tree/tree.h"

static void other_user(void *argument)
{
	(void)argument;
	SYS(setresuid(65534, 65534, 65534));
	CHECK_EQ(getuid(), 65534);
	tree_report(tree_wait());
	CHECK_EQ(getuid(), 65534);
}

int main(void)
{
	tree_start();
	tree_fork(other_user, NULL);
	tree_go(1);
	tree_end(1);
	tree_reap_all(1);
	CHECK_EQ(getuid(), 0);
	return ckpt_pass();
}
