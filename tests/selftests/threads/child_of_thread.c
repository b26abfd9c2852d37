// SPDX-License-Identifier: GPL-2.0-only
//
// A child that a thread has made: only that thread can wait for it with
// __WNOTHREAD, and when the thread ends another one of its process inherits it.
//
// LIBS: -lpthread
#include "threads.h"

static pid_t child;

static void *maker(void *argument)
{
	int place, status;

	child = tree_fork(tree_part, NULL);
	tree_wait_count(&tree->ready, 1, "are ready");
	place = tree_wait();
	tree_until(&tree->word[0], 1);
	if (!argument) {
		CHECK_EQ(SYS(waitpid(child, &status, __WNOTHREAD)), child);
		CHECK_EQ(status, 0);
	}
	tree_report(place);
	return NULL;
}

static void process(void *argument)
{
	pthread_t id = tree_thread(maker, argument);
	int place;

	while (!child)
		usleep(1000);
	place = tree_wait();
	/* Not ours as long as the thread lives. */
	CHECK_ERRNO(waitpid(child, NULL, __WNOTHREAD | WNOHANG), ECHILD);
	tree_store(&tree->word[0], 1);
	tree_join(id);
	if (argument) {
		/* The thread has ended without waiting. */
		CHECK_EQ(waitpid(child, NULL, __WNOTHREAD), child);
	}
	tree_report(place);
	__atomic_store_n(&tree->word[0], 0, __ATOMIC_SEQ_CST);
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_fork(process, NULL);
	tree_go(3);
	tree_end(3);
	tree_reap(pid);
	return ckpt_pass();
}
