// SPDX-License-Identifier: GPL-2.0-only
//
// The restart of a zombie does not send its parent a signal: that has been done
// before the checkpoint.
#include "tree.h"

static volatile sig_atomic_t came;

static void handler(int signal)
{
	(void)signal;
	came++;
}

static void dies(void *argument)
{
	_exit((int)(long)argument);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	pid_t zombie, later;
	int before;

	tree_start();
	SYS(sigaction(SIGCHLD, &action, NULL));
	zombie = tree_zombie(dies, (void *)4);
	/* Whatever was on its way has come. */
	usleep(1000);
	before = came;
	CHECK_EQ(before, 1);
	tree_go(0);
	usleep(100000);
	CHECK_EQ(came, before);
	CHECK_EQ(tree_status(zombie), 4 << 8);
	later = tree_fork(dies, (void *)5);
	CHECK_EQ(tree_status(later), 5 << 8);
	CHECK_EQ(came, before + 1);
	return ckpt_pass();
}
