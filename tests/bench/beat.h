/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The beat of a process that is measured.
 *
 * In a file that is mapped shared a process keeps the longest time between two
 * of its beats, so that whoever looks at the file sees for how long it stood
 * still.  It beats every 100 us as a real-time task: what it misses then is due
 * to being frozen, and not to the scheduler of the only processor.
 *
 * Times are CLOCK_REALTIME, which stays what it is in a time namespace.
 */
#ifndef BENCH_BEAT_H
#define BENCH_BEAT_H

#include <fcntl.h>
#include <linux/futex.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"

#define PERIOD_NS 100000

/* Known to measure/load.py as well. */
struct beat {
	/* Written by whoever measures. */
	_Atomic uint64_t order;		/* changes with each order */
	_Atomic uint64_t wants_sum;	/* the order includes a checksum of the memory */

	/* Written by what is measured. */
	_Atomic uint64_t obeyed;	/* the last order that was carried out */
	_Atomic uint64_t first;		/* when it was seen */
	_Atomic uint64_t gap;		/* longest time between two beats since then */
	_Atomic uint64_t beats;		/* their number since then */
	_Atomic uint64_t sum;
	_Atomic uint64_t answers;	/* of all tasks to all orders */
	_Atomic uint64_t all;		/* when the last task saw the last order */
	_Atomic uint64_t native;	/* making and ending as many tasks, in nanoseconds */
};

static inline uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static inline struct beat *map_beat(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *page;

	if (fd < 0)
		die(path);
	page = mmap(NULL, BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		die(path);
	close(fd);
	return page;
}

/* One of so many tasks has seen an order: orders are counted from 1. */
static inline void answer(struct beat *beat, uint64_t order, uint64_t tasks)
{
	if (++beat->answers == order * tasks)
		beat->all = now();
}

/* The low half of the order, for others to sleep on. */
static inline uint32_t *order_word(struct beat *beat)
{
	return (uint32_t *)&beat->order;
}

/* One of the others: sees orders and does nothing else. */
__attribute__((noreturn)) static inline void wait_for_orders(struct beat *beat, uint64_t tasks)
{
	uint64_t seen = 0;

	for (;;) {
		uint64_t order = beat->order;

		if (order != seen) {
			answer(beat, order, tasks);
			seen = order;
		} else {
			syscall(SYS_futex, order_word(beat), FUTEX_WAIT, (uint32_t)order, NULL);
		}
	}
}

/* Beats for ever, as the first of so many tasks that wait for orders. */
__attribute__((noreturn)) static inline void
beat_on(struct beat *beat, uint64_t tasks, uint64_t *memory, size_t bytes)
{
	const struct sched_param realtime = { .sched_priority = 1 };
	const struct timespec period = { .tv_nsec = PERIOD_NS };
	uint64_t obeyed = 0, last;

	if (sched_setscheduler(0, SCHED_FIFO, &realtime))
		die("sched_setscheduler");
	last = now();
	for (;;) {
		uint64_t time = now();

		if (beat->order != obeyed) {
			obeyed = beat->order;
			beat->first = time;
			beat->gap = 0;
			beat->beats = 0;
			answer(beat, obeyed, tasks);
			if (tasks > 1)
				syscall(SYS_futex, order_word(beat), FUTEX_WAKE, INT_MAX);
			if (beat->wants_sum)
				beat->sum = sum_memory(memory, bytes);
			beat->obeyed = obeyed;
			time = now();
		} else if (time - last > beat->gap) {
			beat->gap = time - last;
		}
		last = time;
		beat->beats++;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &period, NULL);
	}
}

#endif /* BENCH_BEAT_H */
