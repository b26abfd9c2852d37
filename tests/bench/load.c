// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that is measured: MIB of anonymous memory, and a beat.
 *
 * usage: load MIB 4k|thp FILE
 *
 * Every page of the memory is non-zero and unique.  FILE, which has to be there
 * and hold a page, is mapped shared: in it the process keeps the longest time
 * between two beats, so that whoever looks at FILE sees for how long it stood
 * still.  It beats every 100 us as a real-time task: what it misses then is due
 * to being frozen, and not to the scheduler of the only processor.
 *
 * Times are CLOCK_REALTIME, which stays what it is in a time namespace.
 *
 * BUILD: static
 */
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"

#define PERIOD_NS 100000

/* Known to measure/load.py as well. */
struct beat {
	/* Written by whoever measures. */
	_Atomic uint64_t order;		/* changes with each order */
	_Atomic uint64_t wants_sum;	/* the order includes a checksum of the memory */

	/* Written by this process. */
	_Atomic uint64_t obeyed;	/* the last order that was carried out */
	_Atomic uint64_t first;		/* when it was seen */
	_Atomic uint64_t gap;		/* longest time between two beats since then */
	_Atomic uint64_t beats;		/* their number since then */
	_Atomic uint64_t sum;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static struct beat *map_beat(const char *path)
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

static void beat_on(struct beat *beat, uint64_t *memory, size_t bytes)
{
	const struct timespec period = { .tv_nsec = PERIOD_NS };
	uint64_t obeyed = 0, last = now();

	for (;;) {
		uint64_t time = now();

		if (beat->order != obeyed) {
			obeyed = beat->order;
			beat->first = time;
			beat->gap = 0;
			beat->beats = 0;
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

int main(int argc, char **argv)
{
	const struct sched_param realtime = { .sched_priority = 1 };
	uint64_t *memory = NULL;
	size_t bytes;

	if (argc != 4) {
		fprintf(stderr, "usage: load MIB 4k|thp FILE\n");
		return 2;
	}
	bytes = strtoul(argv[1], NULL, 10) << 20;
	if (bytes) {
		memory = map_memory(bytes, !strcmp(argv[2], "thp"));
		fill_memory(memory, bytes);
	}
	if (setsid() < 0)
		die("setsid");
	if (sched_setscheduler(0, SCHED_FIFO, &realtime))
		die("sched_setscheduler");
	beat_on(map_beat(argv[3]), memory, bytes);
}
