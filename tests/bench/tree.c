// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tree that is measured: TASKS processes or threads, one of which beats in
 * FILE while the others sleep until there is an order.
 *
 * usage: tree forked|written|thread TASKS FILE
 *
 * The first process has fifteen pages of its own.  Its children (forked) write
 * to none of them, or (written) to each; or the others are threads of it.  How
 * long it takes to make and end as many of them, one after the other, is noted
 * in FILE before that, which has to be there and hold a page.
 *
 * BUILD: static
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beat.h"
#include "memory.h"

#define PAGES 15

static struct beat *beat;
static uint64_t tasks;

static void *idle(void *unused)
{
	(void)unused;
	wait_for_orders(beat, tasks);
}

static void *end(void *unused)
{
	return unused;
}

static pthread_t make_thread(void *(*what)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, what, NULL)) {
		fprintf(stderr, "tree: no thread\n");
		exit(1);
	}
	return thread;
}

static pid_t make_process(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

/* One of the others, which ends at once. */
static void make_and_end(bool threads)
{
	pid_t pid;

	if (threads) {
		pthread_join(make_thread(end), NULL);
		return;
	}
	pid = make_process();
	if (!pid)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

static void make(bool threads, uint64_t *memory, bool writes)
{
	if (threads) {
		make_thread(idle);
	} else if (!make_process()) {
		for (size_t at = 0; writes && at < PAGES * BENCH_PAGE; at += BENCH_PAGE)
			memory[at / sizeof(*memory)] = getpid();
		idle(NULL);
	}
}

int main(int argc, char **argv)
{
	bool threads, writes;
	uint64_t *memory, begin;

	if (argc != 4) {
		fprintf(stderr, "usage: tree forked|written|thread TASKS FILE\n");
		return 2;
	}
	threads = !strcmp(argv[1], "thread");
	writes = !strcmp(argv[1], "written");
	tasks = strtoul(argv[2], NULL, 10);
	memory = map_memory(PAGES * BENCH_PAGE, false);
	fill_memory(memory, PAGES * BENCH_PAGE);
	beat = map_beat(argv[3]);

	begin = now();
	for (uint64_t i = 0; i < tasks; i++)
		make_and_end(threads);
	beat->native = now() - begin;
	for (uint64_t i = 1; i < tasks; i++)
		make(threads, memory, writes);
	beat_on(beat, tasks, memory, PAGES * BENCH_PAGE);
}
