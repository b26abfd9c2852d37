// SPDX-License-Identifier: GPL-2.0-only
//
// A second thread comes back, as a thread of the same process with the same id,
// and can be joined.
//
// LIBS: -lpthread
#include "threads.h"

static volatile int value;

static void *thread(void *argument)
{
	int place = tree_wait();

	CHECK_EQ(tree->task[place].pid, tree->task[0].pid);
	CHECK(tree->task[place].tid != tree->task[place].pid);
	value = 3;
	tree_report(place);
	return (char *)argument + 1;
}

int main(void)
{
	pthread_t id;
	void *result;

	tree_start();
	id = tree_thread(thread, (void *)41);
	tree_go(1);
	CHECK_EQ(pthread_join(id, &result), 0);
	CHECK(result == (void *)42);
	CHECK_EQ(value, 3);
	return ckpt_pass();
}
