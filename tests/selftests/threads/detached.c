// SPDX-License-Identifier: GPL-2.0-only
//
// Detached threads: one ends before the checkpoint, one after the restart, and
// the kernel tells the C library by the word that it clears.
//
// LIBS: -lpthread
#include "threads.h"

static void *quick(void *argument)
{
	return argument;
}

int main(void)
{
	pthread_t id;
	pid_t tid;

	tree_start();
	id = tree_thread(quick, NULL);
	pthread_detach(id);
	id = tree_thread(tree_thread_part, NULL);
	pthread_detach(id);
	tree_go(1);
	tid = tree->task[1].tid;
	tree_end(1);
	while (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
		usleep(1000);
	CHECK_EQ(errno, ESRCH);
	tree_join(tree_thread(quick, NULL));
	return ckpt_pass();
}
