// SPDX-License-Identifier: GPL-2.0-only
//
// The list of robust futexes of a thread is registered again: when it dies after
// the restart with a mutex, the next one is told (EOWNERDEAD).
//
// LIBS: -lpthread
#include "threads.h"

static pthread_mutex_t mutex[2];

static void *owner(void *argument)
{
	int place;

	CHECK_EQ(pthread_mutex_lock(&mutex[0]), 0);
	place = tree_wait();
	CHECK_EQ(pthread_mutex_lock(&mutex[1]), 0);
	tree_report(place);
	/* And ends without unlocking either. */
	return argument;
}

int main(void)
{
	pthread_mutexattr_t attributes;
	pthread_t id;
	int i;

	tree_start();
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	for (i = 0; i < 2; i++)
		pthread_mutex_init(&mutex[i], &attributes);
	id = tree_thread(owner, NULL);
	tree_go(1);
	for (i = 0; i < 2; i++) {
		if (i == 1)
			tree_join(id);
		CHECK_EQ(pthread_mutex_lock(&mutex[i]), EOWNERDEAD);
		CHECK_EQ(pthread_mutex_consistent(&mutex[i]), 0);
		CHECK_EQ(pthread_mutex_unlock(&mutex[i]), 0);
	}
	return ckpt_pass();
}
