// SPDX-License-Identifier: GPL-2.0-only
//
// The first thread of the root of the tree has ended by pthread_exit(); the other
// one lives on, with a child of its own.
//
// MODES: -stopped
// LIBS: -lpthread
#include "threads.h"

static void child(void *argument)
{
	tree_part(argument);
}

static void *thread(void *argument)
{
	pid_t pid = *(pid_t *)argument, made;

	CHECK_EQ(getpid(), pid);
	while (tree_state(pid) != 'Z')
		usleep(1000);
	made = tree_fork(child, NULL);
	tree_go(1);
	CHECK_EQ(getpid(), pid);
	CHECK_EQ(tree_state(pid), 'Z');
	tree_end(1);
	tree_reap(made);
	exit(ckpt_pass());
}

int main(void)
{
	static pid_t pid;

	tree_start();
	pid = getpid();
	tree_thread(thread, &pid);
	pthread_exit(NULL);
}
