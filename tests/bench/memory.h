/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory as it is measured: of small or of huge pages, each of them unique.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BENCH_PAGE 4096ul
#define BENCH_HUGE (2ul << 20)

__attribute__((noreturn)) static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Maps memory that begins at a huge page boundary. */
static inline void *map_memory(size_t bytes, bool huge)
{
	uintptr_t start;
	void *room;

	room = mmap(NULL, bytes + BENCH_HUGE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		die("mmap");
	start = ((uintptr_t)room + BENCH_HUGE - 1) & ~(BENCH_HUGE - 1);
	room = mmap((void *)start, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (room == MAP_FAILED)
		die("mmap");
	if (madvise(room, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
		die("madvise");
	return room;
}

/* Writes every word; no two pages are equal. */
static inline void fill_memory(uint64_t *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*memory); i++)
		memory[i] = (i + 1) * 0x9e3779b97f4a7c15ull;
}

static inline uint64_t sum_memory(const uint64_t *memory, size_t bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < bytes / sizeof(*memory); i++)
		sum = (sum ^ memory[i]) * 0x100000001b3ull;
	return sum;
}

#endif /* BENCH_MEMORY_H */
