// SPDX-License-Identifier: GPL-2.0-only
//
// The signal that a child gets at the death of its parent is set again, and
// comes. Promise H.2.9.
#include "tree.h"

static void child(void *argument)
{
	int value = 0, place;
	sigset_t set;

	(void)argument;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	place = tree_wait();
	SYS(prctl(PR_GET_PDEATHSIG, &value));
	CHECK_EQ(value, SIGUSR1);
	tree_report(place);
	CHECK_EQ(sigwaitinfo(&set, NULL), SIGUSR1);
	_exit(12);
}

static void parent(void *argument)
{
	tree_fork(child, argument);
	tree_part(argument);
	tree_until(&tree->word[0], 1);
}

int main(void)
{
	pid_t pid;
	int status;

	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = tree_fork(parent, NULL);
	tree_go(2);
	tree_end(2);
	tree_store(&tree->word[0], 1);
	tree_reap(pid);
	SYS(wait(&status));
	CHECK_EQ(status, 12 << 8);
	return ckpt_pass();
}
