// SPDX-License-Identifier: GPL-2.0-only
//
// Recursive, error-checking and priority-inheriting mutexes know their owner.
//
// LIBS: -lpthread
#include "threads.h"

static pthread_mutex_t mutex[3];

static void *owner(void *argument)
{
	int place, i;

	for (i = 0; i < 3; i++)
		CHECK_EQ(pthread_mutex_lock(&mutex[i]), 0);
	place = tree_wait();
	CHECK_EQ(pthread_mutex_lock(&mutex[0]), 0);
	CHECK_EQ(pthread_mutex_unlock(&mutex[0]), 0);
	CHECK_EQ(pthread_mutex_lock(&mutex[1]), EDEADLK);
	CHECK_EQ(pthread_mutex_trylock(&mutex[2]), EBUSY);
	tree_until(&tree->word[0], 1);
	for (i = 0; i < 3; i++)
		CHECK_EQ(pthread_mutex_unlock(&mutex[i]), 0);
	tree_report(place);
	return argument;
}

static void *waiter(void *argument)
{
	pthread_mutex_t *mine = argument;
	int place = tree_place();

	tree_register(place);
	CHECK_EQ(pthread_mutex_lock(mine), 0);
	CHECK_EQ(tree_load(&tree->word[0]), 1);
	CHECK_EQ(pthread_mutex_unlock(mine), 0);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_mutexattr_t attributes;
	pthread_t id[4];
	int i;

	tree_start();
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&mutex[0], &attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&mutex[1], &attributes);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	CHECK_EQ(pthread_mutex_init(&mutex[2], &attributes), 0);
	id[0] = tree_thread(owner, NULL);
	tree_wait_count(&tree->ready, 1, "are ready");
	for (i = 0; i < 3; i++)
		id[i + 1] = tree_thread(waiter, &mutex[i]);
	tree_wait_count(&tree->ready, 4, "are ready");
	threads_all_asleep(2, 4);
	tree_go(4);
	CHECK_EQ(pthread_mutex_unlock(&mutex[1]), EPERM);
	tree_store(&tree->word[0], 1);
	tree_end(4);
	threads_join(id, 4);
	return ckpt_pass();
}
