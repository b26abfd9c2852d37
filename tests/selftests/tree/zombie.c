// SPDX-License-Identifier: GPL-2.0-only
//
// Dead children that nobody has waited for stay so, and their parent gets their
// status: 0, an exit status, a signal. Promises H.2.1, H.2.4, H.2.5, H.2.12.
#include "tree.h"

static void exits(void *argument)
{
	_exit((int)(long)argument);
}

static void is_killed(void *argument)
{
	raise((int)(long)argument);
}

int main(void)
{
	pid_t zero, fifty_one, term;

	tree_start();
	zero = tree_zombie(exits, (void *)0);
	fifty_one = tree_zombie(exits, (void *)51);
	term = tree_zombie(is_killed, (void *)SIGTERM);
	tree_go(0);
	/* They are zombies at once, not some time later. */
	CHECK_EQ(tree_state(zero), 'Z');
	CHECK_EQ(tree_state(fifty_one), 'Z');
	CHECK_EQ(tree_state(term), 'Z');
	CHECK_EQ(tree_status(term), SIGTERM);
	CHECK_EQ(tree_status(zero), 0);
	CHECK_EQ(tree_status(fifty_one), 51 << 8);
	CHECK_ERRNO(wait(NULL), ECHILD);
	return ckpt_pass();
}
