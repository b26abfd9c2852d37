// SPDX-License-Identifier: GPL-2.0-only
//
// A restarted process with threads starts more, which take over stacks of those
// that end.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 8

static void *quick(void *argument)
{
	return (char *)argument + 1;
}

int main(void)
{
	pthread_t id[COUNT];
	void *result;
	int round, i;

	tree_start();
	threads_start(id, COUNT, tree_thread_part);
	tree_go(COUNT);
	tree_end(COUNT);
	threads_join(id, COUNT);
	for (round = 0; round < 5; round++) {
		threads_start(id, COUNT, quick);
		for (i = 0; i < COUNT; i++) {
			CHECK_EQ(pthread_join(id[i], &result), 0);
			CHECK(result == (void *)(long)(i + 2));
		}
	}
	return ckpt_pass();
}
