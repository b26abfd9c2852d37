// SPDX-License-Identifier: GPL-2.0-only
//
// A tree in which everybody but the root is stopped, threads included.
//
// LIBS: -lpthread
#include "tree.h"

static void process(void *argument)
{
	pthread_t thread = tree_thread(tree_thread_part, NULL);
	pid_t child = argument ? tree_fork(process, NULL) : 0;

	tree_part(NULL);
	tree_join(thread);
	if (child)
		tree_reap(child);
}

int main(void)
{
	pid_t pid;
	uint32_t i;

	tree_start();
	pid = tree_fork(process, (void *)1);
	tree_wait_count(&tree->ready, 4, "are ready");
	for (i = 1; i < tree->tasks; i++)
		SYS(kill(tree->task[i].pid, SIGSTOP));
	for (i = 1; i < tree->tasks; i++)
		while (tree_state(tree->task[i].tid) != 'T')
			usleep(1000);
	tree_go(4);
	for (i = 1; i < tree->tasks; i++)
		CHECK_EQ(tree_state(tree->task[i].tid), 'T');
	for (i = 1; i < tree->tasks; i++)
		SYS(kill(tree->task[i].pid, SIGCONT));
	tree_end(4);
	tree_reap(pid);
	return ckpt_pass();
}
