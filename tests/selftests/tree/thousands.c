// SPDX-License-Identifier: GPL-2.0-only
//
// Two thousand tasks: processes with children and threads, four levels deep.
//
// MODES: kill-restart
// LIBS: -lpthread
#include "tree.h"

#define TASKS 2000
#define THREADS 6

/* Half of what is left goes to each of two children, the rest are threads. */
static void node(void *argument)
{
	long tasks = (long)argument - 1, threads = tasks < THREADS ? tasks : THREADS;
	pid_t child[2] = { 0, 0 };
	pthread_t thread[THREADS];
	pthread_attr_t attributes;
	int i;

	tasks -= threads;
	for (i = 0; i < 2 && tasks > 0; i++) {
		long part = i == 0 ? (tasks + 1) / 2 : tasks / 2;

		if (part > 0)
			child[i] = tree_fork(node, (void *)part);
	}
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 32768);
	for (i = 0; i < threads; i++)
		CHECK_EQ(pthread_create(&thread[i], &attributes, tree_thread_part, NULL), 0);
	tree_part(NULL);
	for (i = 0; i < threads; i++)
		tree_join(thread[i]);
	for (i = 0; i < 2; i++)
		if (child[i])
			tree_reap(child[i]);
}

int main(void)
{
	pid_t child;

	tree_start();
	child = tree_fork(node, (void *)TASKS);
	tree_go(TASKS);
	tree_end(TASKS);
	tree_reap(child);
	return ckpt_pass();
}
