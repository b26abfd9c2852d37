// SPDX-License-Identifier: GPL-2.0-only
//
// Threads that wait for a mutex get it one after the other when its owner lets it
// go after the restart.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int inside, sum;

static void *thread(void *argument)
{
	int place = tree_place();

	tree_register(place);
	pthread_mutex_lock(&mutex);
	CHECK_EQ(tree_load(&tree->phase), TREE_GOES);
	CHECK_EQ(inside++, 0);
	sum += (int)(long)argument;
	usleep(1000);
	inside--;
	pthread_mutex_unlock(&mutex);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];

	tree_start();
	pthread_mutex_lock(&mutex);
	threads_start(id, COUNT, thread);
	tree_wait_count(&tree->ready, COUNT, "are ready");
	threads_all_asleep(1, COUNT);
	tree_go(COUNT);
	CHECK_EQ(sum, 0);
	pthread_mutex_unlock(&mutex);
	tree_end(COUNT);
	threads_join(id, COUNT);
	CHECK_EQ(sum, 1 + 2 + 3 + 4);
	return ckpt_pass();
}
