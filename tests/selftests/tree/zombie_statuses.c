// SPDX-License-Identifier: GPL-2.0-only
//
// Every exit status and every deadly signal. Promise H.2.6.
//
// MODES: kill-restart again
#include "tree.h"

static void exits(void *argument)
{
	_exit((int)(long)argument);
}

static void is_killed(void *argument)
{
	int number = (int)(long)argument;

	signal(number, SIG_DFL);
	kill(getpid(), number);
	_exit(0);
}

static bool is_deadly(int number)
{
	return number != SIGCHLD && number != SIGCONT && number != SIGURG && number != SIGWINCH &&
	       number != SIGSTOP && number != SIGTSTP && number != SIGTTIN && number != SIGTTOU;
}

int main(void)
{
	pid_t by_status[256], by_signal[65] = { 0 };
	int i;

	tree_start();
	for (i = 0; i < 256; i++)
		by_status[i] = tree_zombie(exits, (void *)(long)i);
	for (i = 1; i <= 64; i++)
		if (is_deadly(i) && i != 32 && i != 33)
			by_signal[i] = tree_zombie(is_killed, (void *)(long)i);
	tree_go(0);
	for (i = 0; i < 256; i++)
		CHECK_EQ(tree_status(by_status[i]), i << 8);
	for (i = 1; i <= 64; i++)
		if (by_signal[i])
			CHECK_EQ(tree_status(by_signal[i]) & ~WCOREFLAG, i);
	return ckpt_pass();
}
