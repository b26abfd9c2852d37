// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the machine can do at best: memcpy(), fork(), write() and a CRC32C over MIB
 * of anonymous memory; without memory, fork() and fork() to the end of the child.
 *
 * usage: limits MIB 4k|thp FILE
 *
 * Prints lines "NAME NANOSECONDS".  FILE is made, written and removed.
 *
 * BUILD: static
 * CFLAGS: -msse4.2
 */
#include <fcntl.h>
#include <nmmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"

#define CHUNK (1ul << 20)

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void tell(const char *name, int64_t begin, int64_t end)
{
	printf("%s %lld\n", name, (long long)(end - begin));
}

static void measure_fork(void)
{
	int64_t begin, forked;
	pid_t pid;

	begin = now();
	pid = fork();
	if (!pid)
		_exit(0);
	forked = now();
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die("fork");
	tell("fork_exit", begin, now());
	tell("fork", begin, forked);
}

static void measure_write(const char *memory, size_t bytes, const char *path)
{
	int64_t begin, end;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die(path);
	begin = now();
	for (size_t at = 0; at < bytes; at += CHUNK)
		if (write(fd, memory + at, CHUNK) != (ssize_t)CHUNK)
			die(path);
	end = now();
	close(fd);
	unlink(path);
	tell("write", begin, end);
}

static void measure_memcpy(const void *memory, size_t bytes, bool huge)
{
	void *copy = map_memory(bytes, huge);
	int64_t begin;

	memset(copy, 1, bytes);
	begin = now();
	memcpy(copy, memory, bytes);
	tell("memcpy", begin, now());
	/* Or the compiler sees that nobody looks at the copy. */
	if (memcmp(copy, memory, BENCH_PAGE))
		exit(1);
}

/* As the kernel does it where there is no AVX-512: three streams, 8 bytes an instruction. */
static void measure_checksum(const char *memory, size_t bytes)
{
	const size_t words = BENCH_PAGE / 3 / 8;
	uint64_t sums[3] = { 0 };
	int64_t begin = now();

	for (size_t at = 0; at < bytes; at += BENCH_PAGE) {
		const uint64_t *page = (const uint64_t *)(memory + at);
		size_t i;

		for (i = 0; i < words; i++) {
			sums[0] = _mm_crc32_u64(sums[0], page[i]);
			sums[1] = _mm_crc32_u64(sums[1], page[words + i]);
			sums[2] = _mm_crc32_u64(sums[2], page[2 * words + i]);
		}
		for (i = 3 * words; i < BENCH_PAGE / 8; i++)
			sums[0] = _mm_crc32_u64(sums[0], page[i]);
	}
	tell("checksum", begin, now());
	/* Or the compiler sees that nobody looks at them. */
	if (!(sums[0] | sums[1] | sums[2]))
		exit(1);
}

int main(int argc, char **argv)
{
	size_t bytes;
	void *memory;
	bool huge;

	if (argc != 4) {
		fprintf(stderr, "usage: limits MIB 4k|thp FILE\n");
		return 2;
	}
	bytes = strtoul(argv[1], NULL, 10) << 20;
	huge = !strcmp(argv[2], "thp");
	if (!bytes) {
		measure_fork();
		return 0;
	}
	memory = map_memory(bytes, huge);
	fill_memory(memory, bytes);
	measure_fork();
	measure_write(memory, bytes, argv[3]);
	measure_memcpy(memory, bytes, huge);
	measure_checksum(memory, bytes);
	return 0;
}
