// SPDX-License-Identifier: GPL-2.0-only
//
// A thread can be cancelled after a restart, in a system call and with handlers
// for its end.
//
// LIBS: -lpthread
#include "threads.h"

static volatile int cleaned;

static void clean(void *argument)
{
	cleaned += *(int *)argument;
}

static void *thread(void *argument)
{
	int value = 4;

	pthread_cleanup_push(clean, &value);
	tree_part(NULL);
	for (;;)
		pause();
	pthread_cleanup_pop(1);
	return argument;
}

int main(void)
{
	pthread_t id;
	void *result;

	tree_start();
	id = tree_thread(thread, NULL);
	tree_go(1);
	tree_end(1);
	CHECK_EQ(pthread_cancel(id), 0);
	CHECK_EQ(pthread_join(id, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	CHECK_EQ(cleaned, 4);
	return ckpt_pass();
}
