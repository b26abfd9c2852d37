// SPDX-License-Identifier: GPL-2.0-only
//
// PR_SET_PDEATHSIG is about the thread that is the parent: its end after the
// restart sends the signal, though its process lives on.
//
// LIBS: -lpthread
#include "threads.h"

static pid_t child;

static void waits(void *argument)
{
	sigset_t set;
	int place;

	(void)argument;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	place = tree_wait();
	tree_report(place);
	CHECK_EQ(sigwaitinfo(&set, NULL), SIGUSR1);
	_exit(21);
}

static void *maker(void *argument)
{
	child = tree_fork(waits, NULL);
	tree_part(NULL);
	tree_until(&tree->word[0], 1);
	return argument;
}

int main(void)
{
	pthread_t id;

	tree_start();
	id = tree_thread(maker, NULL);
	tree_go(2);
	tree_end(2);
	CHECK_EQ(waitpid(child, NULL, WNOHANG), 0);
	tree_store(&tree->word[0], 1);
	tree_join(id);
	CHECK_EQ(tree_status(child), 21 << 8);
	return ckpt_pass();
}
