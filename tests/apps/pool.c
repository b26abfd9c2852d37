// SPDX-License-Identifier: GPL-2.0-only
//
// Threads that hand numbers on to each other through small queues: one makes them, some work on them,
// one writes. What is written does not depend on who was first.
//
// LIBS: -lpthread
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define WORKERS 4
#define ITEMS 3000
#define ROUNDS 6000
#define ROOM 8

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t filled, emptied;
	uint64_t item[ROOM];
	unsigned int first, count;
};

static struct queue todo = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
			     PTHREAD_COND_INITIALIZER, { 0 }, 0, 0 };
static uint64_t done[ITEMS];
static pthread_mutex_t count_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_done = PTHREAD_COND_INITIALIZER;
static unsigned int count;

static void put(struct queue *queue, uint64_t item)
{
	pthread_mutex_lock(&queue->mutex);
	while (queue->count == ROOM)
		pthread_cond_wait(&queue->emptied, &queue->mutex);
	queue->item[(queue->first + queue->count++) % ROOM] = item;
	pthread_cond_signal(&queue->filled);
	pthread_mutex_unlock(&queue->mutex);
}

static uint64_t take(struct queue *queue)
{
	uint64_t item;

	pthread_mutex_lock(&queue->mutex);
	while (queue->count == 0)
		pthread_cond_wait(&queue->filled, &queue->mutex);
	item = queue->item[queue->first];
	queue->first = (queue->first + 1) % ROOM;
	queue->count--;
	pthread_cond_signal(&queue->emptied);
	pthread_mutex_unlock(&queue->mutex);
	return item;
}

static void *work(void *argument)
{
	uint64_t item, value;
	double part;
	int i;

	while ((item = take(&todo)) < ITEMS) {
		value = item * 0x9e3779b97f4a7c15ull + 1;
		part = (double)item;
		for (i = 0; i < ROUNDS; i++) {
			value ^= value << 13;
			value ^= value >> 7;
			value ^= value << 17;
			part = part * 0.75 + (double)(value & 0xff);
		}
		done[item] = value ^ (uint64_t)part;
		pthread_mutex_lock(&count_mutex);
		if (++count == ITEMS)
			pthread_cond_broadcast(&all_done);
		pthread_mutex_unlock(&count_mutex);
	}
	return argument;
}

int main(void)
{
	pthread_t thread[WORKERS];
	uint64_t item;
	FILE *result;
	int i;

	for (i = 0; i < WORKERS; i++)
		if (pthread_create(&thread[i], NULL, work, NULL) != 0)
			return 1;
	for (item = 0; item < ITEMS; item++)
		put(&todo, item);
	pthread_mutex_lock(&count_mutex);
	while (count < ITEMS)
		pthread_cond_wait(&all_done, &count_mutex);
	pthread_mutex_unlock(&count_mutex);
	for (i = 0; i < WORKERS; i++)
		put(&todo, ITEMS);
	for (i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	result = fopen("result", "w");
	if (!result)
		return 1;
	for (item = 0; item < ITEMS; item++)
		fprintf(result, "%llx\n", (unsigned long long)done[item]);
	return fclose(result) != 0;
}
