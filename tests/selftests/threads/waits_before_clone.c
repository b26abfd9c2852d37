// SPDX-License-Identifier: GPL-2.0-only
//
// A thread that waited for a futex when it was saved is woken by one that is made after the
// restart, and so is one that waits for a mutex.
//
// LIBS: -lpthread
#include "../ckpt_test.h"
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static int waiting, is_told, has_taken;

static void *waits(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&lock);
	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	while (!is_told)
		pthread_cond_wait(&told, &lock);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void *takes(void *unused)
{
	(void)unused;
	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_lock(&taken);
	has_taken = 1;
	pthread_mutex_unlock(&taken);
	return NULL;
}

static void *tells(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&lock);
	is_told = 1;
	pthread_cond_signal(&told);
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(void)
{
	pthread_t waiter, taker, teller;

	pthread_mutex_lock(&taken);
	CHECK_EQ(pthread_create(&waiter, NULL, waits, NULL), 0);
	CHECK_EQ(pthread_create(&taker, NULL, takes, NULL), 0);
	while (__atomic_load_n(&waiting, __ATOMIC_SEQ_CST) != 2)
		usleep(1000);
	ckpt_ready();
	CHECK_EQ(pthread_create(&teller, NULL, tells, NULL), 0);
	CHECK_EQ(pthread_join(teller, NULL), 0);
	CHECK_EQ(pthread_join(waiter, NULL), 0);
	pthread_mutex_unlock(&taken);
	CHECK_EQ(pthread_join(taker, NULL), 0);
	CHECK_EQ(has_taken, 1);
	return ckpt_pass();
}
