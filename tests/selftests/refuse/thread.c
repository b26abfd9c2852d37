// SPDX-License-Identifier: GPL-2.0-only
//
// A process with a second thread is refused; both threads run on.
//
// EXPECT: refused EOPNOTSUPP "thread"
// LIBS: -lpthread
#include "../ckpt_test.h"
#include <pthread.h>

static volatile int stop;

static void *thread(void *argument)
{
	(void)argument;
	while (!stop)
		usleep(1000);
	return (void *)&stop;
}

int main(void)
{
	pthread_t id;
	void *result;

	CHECK_EQ(pthread_create(&id, NULL, thread, NULL), 0);
	ckpt_ready();
	stop = 1;
	CHECK_EQ(pthread_join(id, &result), 0);
	CHECK(result == (void *)&stop);
	return ckpt_pass();
}
