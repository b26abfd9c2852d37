// SPDX-License-Identifier: GPL-2.0-only
//
// A SIGCHLD that the parent has blocked stays pending, with what it says about
// the zombie, and comes once.
#include "tree.h"

static void dies(void *argument)
{
	_exit((int)(long)argument);
}

int main(void)
{
	struct timespec none = { 0 };
	siginfo_t info;
	sigset_t set;
	pid_t zombie;

	tree_start();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	zombie = tree_zombie(dies, (void *)23);
	tree_go(0);
	CHECK_EQ(SYS(sigwaitinfo(&set, &info)), SIGCHLD);
	CHECK_EQ(info.si_pid, zombie);
	CHECK_EQ(info.si_status, 23);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
	CHECK_EQ(tree_status(zombie), 23 << 8);
	return ckpt_pass();
}
