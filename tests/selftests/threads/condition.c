// SPDX-License-Identifier: GPL-2.0-only
//
// Threads that wait for a condition, with and without a limit of time, are woken
// by a signal and by a broadcast after the restart.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 5

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int tickets, woken;

static void *thread(void *argument)
{
	struct timespec limit;
	int place = tree_place(), result = 0;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 600;
	pthread_mutex_lock(&mutex);
	tree_register(place);
	while (tickets == 0 && result == 0)
		result = (long)argument % 2 ? pthread_cond_wait(&condition, &mutex) :
					      pthread_cond_timedwait(&condition, &mutex, &limit);
	CHECK_EQ(result, 0);
	tickets--;
	woken++;
	pthread_mutex_unlock(&mutex);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];

	tree_start();
	threads_start(id, COUNT, thread);
	tree_wait_count(&tree->ready, COUNT, "are ready");
	threads_all_asleep(1, COUNT);
	tree_go(COUNT);
	pthread_mutex_lock(&mutex);
	CHECK_EQ(woken, 0);
	tickets = 1;
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&mutex);
	tree_end(1);
	pthread_mutex_lock(&mutex);
	CHECK_EQ(woken, 1);
	tickets = COUNT - 1;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutex);
	tree_end(COUNT);
	threads_join(id, COUNT);
	CHECK_EQ(woken, COUNT);
	return ckpt_pass();
}
