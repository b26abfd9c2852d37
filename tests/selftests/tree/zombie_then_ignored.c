// SPDX-License-Identifier: GPL-2.0-only
//
// A zombie whose parent has begun to ignore SIGCHLD since is still there to be
// waited for.
#include "tree.h"

static void dies(void *argument)
{
	_exit((int)(long)argument);
}

int main(void)
{
	pid_t zombie;

	tree_start();
	zombie = tree_zombie(dies, (void *)66);
	CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	tree_go(0);
	CHECK_EQ(tree_state(zombie), 'Z');
	CHECK_EQ(tree_status(zombie), 66 << 8);
	return ckpt_pass();
}
