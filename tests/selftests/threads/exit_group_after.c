// SPDX-License-Identifier: GPL-2.0-only
//
// exit(3) by any thread of a restarted process ends all of them, and so does a
// deadly signal for one.
//
// LIBS: -lpthread
#include "threads.h"

static void *thread(void *argument)
{
	tree_part(NULL);
	tree_until(&tree->word[0], 1);
	if (argument)
		exit(71);
	for (;;)
		pause();
	return NULL;
}

static void process(void *argument)
{
	tree_thread(thread, NULL);
	tree_thread(thread, argument);
	thread(NULL);
}

int main(void)
{
	pid_t one, two;

	tree_start();
	one = tree_fork(process, (void *)1);
	two = tree_fork(process, NULL);
	tree_go(6);
	tree_end(6);
	tree_store(&tree->word[0], 1);
	CHECK_EQ(tree_status(one), 71 << 8);
	SYS(kill(two, SIGTERM));
	CHECK_EQ(tree_status(two), SIGTERM);
	return ckpt_pass();
}
