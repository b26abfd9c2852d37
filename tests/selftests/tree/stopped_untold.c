// SPDX-License-Identifier: GPL-2.0-only
//
// A stop that the parent has not asked for yet is told after the restart, once.
#include "tree.h"

static void stops(void *argument)
{
	raise((int)(long)argument);
	tree_part(NULL);
}

int main(void)
{
	siginfo_t info;
	pid_t pid;

	tree_start();
	pid = tree_fork(stops, (void *)SIGSTOP);
	SYS(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	tree_go(0);
	memset(&info, 0, sizeof(info));
	SYS(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG));
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, SIGSTOP);
	memset(&info, 0, sizeof(info));
	SYS(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG));
	CHECK_EQ(info.si_pid, 0);
	SYS(kill(pid, SIGCONT));
	tree_end(1);
	tree_reap(pid);
	return ckpt_pass();
}
