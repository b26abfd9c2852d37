// SPDX-License-Identifier: GPL-2.0-only
//
// A zombie whose end is told by another signal than SIGCHLD, or by none, is
// waited for with __WCLONE as before. Promise H.2.8.
#include "tree.h"

static volatile sig_atomic_t came;

static void handler(int signal)
{
	(void)signal;
	came++;
}

static int dies(void *argument)
{
	return (int)(long)argument;
}

static pid_t zombie_of(int exit_signal, long status)
{
	pid_t pid = tree_clone(dies, (void *)status, exit_signal);
	siginfo_t info;

	SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT | __WCLONE));
	return pid;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	pid_t loud, silent;
	int status;

	tree_start();
	SYS(sigaction(SIGUSR1, &action, NULL));
	loud = zombie_of(SIGUSR1, 3);
	silent = zombie_of(0, 4);
	usleep(1000);
	CHECK_EQ(came, 1);
	tree_go(0);
	CHECK_EQ(came, 1);
	/* Only with __WCLONE. */
	CHECK_ERRNO(waitpid(-1, &status, WNOHANG), ECHILD);
	CHECK_EQ(SYS(waitpid(loud, &status, __WCLONE)), loud);
	CHECK_EQ(status, 3 << 8);
	CHECK_EQ(SYS(waitpid(silent, &status, __WCLONE)), silent);
	CHECK_EQ(status, 4 << 8);
	CHECK_EQ(came, 1);
	return ckpt_pass();
}
