// SPDX-License-Identifier: GPL-2.0-only
//
// Threads that wait at a barrier, for a semaphore, for a read-write lock, for the
// end of another thread.
//
// LIBS: -lpthread
#include "threads.h"
#include <semaphore.h>

static pthread_barrier_t barrier;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;
static pthread_t last;

static void *waits(void *argument)
{
	int place = tree_place(), result;

	tree_register(place);
	switch ((long)argument) {
	case 1:
	case 2:
		result = pthread_barrier_wait(&barrier);
		CHECK(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
		break;
	case 3:
		CHECK_EQ(sem_wait(&semaphore), 0);
		break;
	case 4:
		CHECK_EQ(pthread_rwlock_wrlock(&lock), 0);
		pthread_rwlock_unlock(&lock);
		break;
	case 5:
		tree_join(last);
		break;
	}
	CHECK_EQ(tree_load(&tree->phase), TREE_GOES);
	tree_report(place);
	return NULL;
}

static void *is_joined(void *argument)
{
	tree_part(argument);
	return NULL;
}

int main(void)
{
	pthread_t id[5];
	int result;

	tree_start();
	pthread_barrier_init(&barrier, NULL, 3);
	sem_init(&semaphore, 0, 0);
	pthread_rwlock_rdlock(&lock);
	last = tree_thread(is_joined, NULL);
	tree_wait_count(&tree->ready, 1, "are ready");
	threads_start(id, 5, waits);
	tree_wait_count(&tree->ready, 6, "are ready");
	threads_all_asleep(1, 6);
	tree_go(6);
	result = pthread_barrier_wait(&barrier);
	CHECK(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
	sem_post(&semaphore);
	pthread_rwlock_unlock(&lock);
	tree_end(6);
	threads_join(id, 5);
	return ckpt_pass();
}
