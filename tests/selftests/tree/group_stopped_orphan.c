// SPDX-License-Identifier: GPL-2.0-only
//
// A stopped process in a group that is orphaned by the end of others is not sent
// SIGHUP by the restart: what happened before does not happen again.
#include "tree.h"

static volatile sig_atomic_t hangups;

static void handler(int signal)
{
	(void)signal;
	hangups++;
}

static void stops(void *argument)
{
	struct sigaction action = { .sa_handler = handler };
	pid_t parent = getppid();
	int place;

	(void)argument;
	SYS(sigaction(SIGHUP, &action, NULL));
	tree_store(&tree->word[0], getpid());
	while (getppid() == parent)
		usleep(1000);
	place = tree_place();
	tree_register(place);
	kill(getpid(), SIGSTOP);
	tree_wait_go();
	tree_check(place);
	CHECK_EQ(hangups, 0);
	tree_report(place);
}

static void leader(void *argument)
{
	(void)argument;
	SYS(setsid());
	tree_fork(stops, NULL);
	tree_sleep(&tree->word[0], 0);
	_exit(1);
}

int main(void)
{
	pid_t zombie, pid;
	siginfo_t info;

	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	zombie = tree_zombie(leader, NULL);
	pid = tree->word[0];
	SYS(waitid(P_PID, pid, &info, WSTOPPED));
	tree_go(1);
	usleep(50000);
	CHECK_EQ(tree_state(pid), 'T');
	SYS(kill(pid, SIGCONT));
	tree_end(1);
	CHECK_EQ(tree_status(zombie), 1 << 8);
	tree_reap(pid);
	return ckpt_pass();
}
