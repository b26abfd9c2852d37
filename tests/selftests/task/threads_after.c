// SPDX-License-Identifier: GPL-2.0-only
//
// A restarted process can start threads; what the C library keeps about the
// first one is in order.
//
// LIBS: -lpthread
#include "../ckpt_test.h"
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread int local = 5;
static int sum;

static void *thread(void *argument)
{
	int i;

	CHECK_EQ(local, 5);
	for (i = 0; i < 1000; i++) {
		pthread_mutex_lock(&mutex);
		sum++;
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

int main(void)
{
	pthread_t id[4];
	int i;

	local = 6;
	ckpt_ready();
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&id[i], NULL, thread, NULL), 0);
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(id[i], NULL), 0);
	CHECK_EQ(sum, 4000);
	CHECK_EQ(local, 6);
	return ckpt_pass();
}
