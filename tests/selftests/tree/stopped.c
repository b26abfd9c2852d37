// SPDX-License-Identifier: GPL-2.0-only
//
// A stopped child comes back stopped; that is not told a second time; it goes on
// at SIGCONT, and that is told.
#include "tree.h"

static void stops(void *argument)
{
	(void)argument;
	raise(SIGSTOP);
	/* Alive as long as the root asks about it. */
	while (tree_load(&tree->word[0]) == 0)
		usleep(1000);
	tree_part(NULL);
}

int main(void)
{
	siginfo_t info;
	pid_t pid;

	tree_start();
	pid = tree_fork(stops, NULL);
	SYS(waitid(P_PID, pid, &info, WSTOPPED));
	CHECK_EQ(info.si_status, SIGSTOP);
	tree_go(0);
	CHECK_EQ(tree_state(pid), 'T');
	memset(&info, 0, sizeof(info));
	SYS(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG));
	CHECK_EQ(info.si_pid, 0);
	usleep(50000);
	CHECK_EQ(tree_state(pid), 'T');
	SYS(kill(pid, SIGCONT));
	SYS(waitid(P_PID, pid, &info, WCONTINUED));
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	tree_store(&tree->word[0], 1);
	tree_end(1);
	tree_reap(pid);
	return ckpt_pass();
}
