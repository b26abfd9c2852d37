// SPDX-License-Identifier: GPL-2.0-only
//
// The parent-death signal of a process whose first thread has ended counts for
// the threads that live on: one has it, another process of that kind has none.
//
// LIBS: -lpthread
#include "threads.h"

static pid_t with, without;

static void *rest(void *argument)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	tree_part(NULL);
	if (argument) {
		CHECK_EQ(sigwaitinfo(&set, NULL), SIGUSR1);
		exit(21);
	}
	tree_until(&tree->word[0], 2);
	exit(22);
}

static void process(void *signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(prctl(PR_SET_PDEATHSIG, signal ? SIGUSR1 : 0));
	tree_thread(rest, signal);
	pthread_exit(NULL);
}

static void *maker(void *argument)
{
	with = tree_fork(process, (void *)1);
	without = tree_fork(process, NULL);
	tree_part(NULL);
	tree_until(&tree->word[0], 1);
	return argument;
}

int main(void)
{
	pthread_t id;

	tree_start();
	id = tree_thread(maker, NULL);
	tree_wait_count(&tree->ready, 3, "are ready");
	while (tree_state(with) != 'Z' || tree_state(without) != 'Z')
		usleep(1000);
	tree_go(3);
	tree_end(3);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), 0);
	/* Their parent is the thread. */
	tree_store(&tree->word[0], 1);
	tree_join(id);
	CHECK_EQ(tree_status(with), 21 << 8);
	CHECK_EQ(waitpid(without, NULL, WNOHANG), 0);
	tree_store(&tree->word[0], 2);
	CHECK_EQ(tree_status(without), 22 << 8);
	return ckpt_pass();
}
