// SPDX-License-Identifier: GPL-2.0-only
//
// After a restart signals reach the right process: by pid, by process group,
// and from a child to its parent.
#include "tree.h"

static volatile sig_atomic_t got[2];

static void handler(int signal)
{
	got[signal == SIGUSR2]++;
}

static void wait_for(int which, int count)
{
	int tries;

	for (tries = 0; got[which] < count; tries++) {
		if (tries == ckpt_patience(20000))
			ckpt_fail("signal %d came %d times, wanted %d", which, got[which], count);
		usleep(1000);
	}
}

static void child(void *argument)
{
	int place;

	SYS(setpgid(0, argument ? *(pid_t *)argument : 0));
	place = tree_wait();
	wait_for(0, 1);
	SYS(kill(getppid(), SIGUSR2));
	wait_for(1, 1);
	CHECK_EQ(got[0], 1);
	CHECK_EQ(got[1], 1);
	tree_report(place);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	pid_t first, second;

	tree_start();
	SYS(sigaction(SIGUSR1, &action, NULL));
	SYS(sigaction(SIGUSR2, &action, NULL));
	first = tree_fork(child, NULL);
	tree_wait_count(&tree->ready, 1, "are ready");
	second = tree_fork(child, &first);
	tree_go(2);
	SYS(kill(first, SIGUSR1));
	wait_for(1, 1);
	SYS(kill(second, SIGUSR1));
	wait_for(1, 2);
	SYS(kill(-first, SIGUSR2));
	tree_end(2);
	CHECK_EQ(got[0], 0);
	CHECK_EQ(got[1], 2);
	tree_reap_all(2);
	return ckpt_pass();
}
