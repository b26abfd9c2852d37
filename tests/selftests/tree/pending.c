// SPDX-License-Identifier: GPL-2.0-only
//
// Signals that wait in the queue of a child are delivered to that child, with
// what they carry.
#include "tree.h"

static void child(void *argument)
{
	siginfo_t info;
	sigset_t set;
	int place, i;

	(void)argument;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	for (i = 0; i < 3; i++)
		SYS(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = 500 + i }));
	place = tree_wait();
	for (i = 0; i < 3; i++) {
		CHECK_EQ(SYS(sigwaitinfo(&set, &info)), SIGRTMIN + 3);
		CHECK_EQ(info.si_value.sival_int, 500 + i);
		CHECK_EQ(info.si_pid, getpid());
	}
	tree_report(place);
}

int main(void)
{
	sigset_t pending;

	tree_start();
	tree_fork(child, NULL);
	tree_go(1);
	tree_end(1);
	SYS(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGRTMIN + 3));
	tree_reap_all(1);
	return ckpt_pass();
}
