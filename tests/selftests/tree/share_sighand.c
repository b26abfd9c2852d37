// SPDX-License-Identifier: GPL-2.0-only
//
// Two processes with one table of signal handlers (CLONE_SIGHAND): a handler that
// one sets the other has; masks and queues are their own.
#include "tree.h"
#include <linux/kcmp.h>

static volatile sig_atomic_t got;

static void handler(int signal)
{
	(void)signal;
	__atomic_fetch_add(&got, 1, __ATOMIC_SEQ_CST);
}

static int child(void *argument)
{
	struct sigaction action = { .sa_handler = handler };
	int place;

	(void)argument;
	sigaction(SIGUSR1, &action, NULL);
	place = tree_wait();
	sigaction(SIGUSR2, &action, NULL);
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	tree_report(place);
	return 0;
}

int main(void)
{
	struct sigaction action;
	pid_t pid;

	tree_start();
	pid = tree_clone(child, NULL, CLONE_VM | CLONE_SIGHAND | SIGCHLD);
	tree_wait_count(&tree->ready, 1, "are ready");
	tree_go(1);
	tree_until(&tree->word[0], 1);
	SYS(sigaction(SIGUSR2, NULL, &action));
	CHECK(action.sa_handler == handler);
	CHECK(tree_shared(getpid(), pid, KCMP_SIGHAND));
	SYS(kill(getpid(), SIGUSR1));
	SYS(kill(pid, SIGUSR2));
	while (got < 2)
		usleep(1000);
	tree_store(&tree->word[0], 2);
	tree_end(1);
	tree_reap(pid);
	return ckpt_pass();
}
