// SPDX-License-Identifier: GPL-2.0-only
//
// Each process has its own interval timer, which goes off there and only there.
#include "tree.h"
#include <sys/time.h>

static volatile sig_atomic_t alarms;

static void handler(int signal)
{
	(void)signal;
	alarms++;
}

static void child(void *argument)
{
	struct itimerval timer = { .it_value.tv_sec = (long)argument };
	int place;

	if (argument)
		SYS(setitimer(ITIMER_REAL, &timer, NULL));
	place = tree_wait();
	if (argument)
		while (!alarms)
			pause();
	CHECK_EQ(alarms, argument != NULL);
	tree_report(place);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };

	tree_start();
	SYS(sigaction(SIGALRM, &action, NULL));
	tree_fork(child, (void *)2);
	tree_fork(child, NULL);
	tree_go(2);
	tree_end(2);
	CHECK_EQ(alarms, 0);
	tree_reap_all(2);
	return ckpt_pass();
}
