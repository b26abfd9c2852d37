// SPDX-License-Identifier: GPL-2.0-only
//
// A child whose end is told by another signal, or by none.
#include "tree.h"

static volatile sig_atomic_t usr2, chld;

static void handler(int signal)
{
	if (signal == SIGUSR2)
		usr2++;
	else
		chld++;
}

static int child(void *argument)
{
	tree_part(NULL);
	return (int)(long)argument;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	pid_t loud, silent;

	tree_start();
	SYS(sigaction(SIGUSR2, &action, NULL));
	SYS(sigaction(SIGCHLD, &action, NULL));
	loud = tree_clone(child, (void *)6, SIGUSR2);
	silent = tree_clone(child, (void *)7, 0);
	tree_go(2);
	tree_end(2);
	CHECK_EQ(tree_status(silent), 7 << 8);
	CHECK_EQ(tree_status(loud), 6 << 8);
	CHECK_EQ(usr2, 1);
	CHECK_EQ(chld, 0);
	return ckpt_pass();
}
