// SPDX-License-Identifier: GPL-2.0-only
//
// Thread-local variables, errno among them, are each thread's own.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 5

static __thread long local = 7;
static __thread char large[3000];

static void *thread(void *argument)
{
	long number = (long)argument;
	pthread_t self = pthread_self();
	int place;

	CHECK_EQ(local, 7);
	local = number;
	memset(large, (int)number, sizeof(large));
	errno = (int)number + 100;
	place = tree_place();
	tree_register(place);
	tree_wait_go();
	CHECK_EQ(errno, number + 100);
	tree_check(place);
	CHECK_EQ(local, number);
	CHECK_EQ(large[0], number);
	CHECK_EQ(large[2999], number);
	CHECK(pthread_equal(self, pthread_self()));
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];

	tree_start();
	local = 1000;
	threads_start(id, COUNT, thread);
	tree_go(COUNT);
	CHECK_EQ(local, 1000);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
