/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of threads share, beside what tests of trees do. */
#ifndef THREADS_H
#define THREADS_H

#include "../tree/tree.h"

/* Starts so many threads; they get their number, from 1 on. */
static inline void threads_start(pthread_t *thread, int count, void *(*run)(void *))
{
	long i;

	for (i = 0; i < count; i++)
		thread[i] = tree_thread(run, (void *)(i + 1));
}

static inline void threads_join(const pthread_t *thread, int count)
{
	int i;

	for (i = 0; i < count; i++)
		tree_join(thread[i]);
}

/* Until a thread sleeps: nothing else tells that it has reached its futex. */
static inline void threads_asleep(pid_t tid)
{
	int tries, asleep = 0;

	for (tries = 0; asleep < 3; tries++) {
		if (tries == ckpt_patience(20000))
			ckpt_fail("thread %d does not go to sleep", tid);
		asleep = tree_state(tid) == 'S' ? asleep + 1 : 0;
		usleep(1000);
	}
}

/* Until the tasks in these places of the tree sleep. */
static inline void threads_all_asleep(int first, int last)
{
	for (; first <= last; first++)
		threads_asleep(tree->task[first].tid);
}

#endif /* THREADS_H */
