// SPDX-License-Identifier: GPL-2.0-only
/*
 * Something large that is measured; the first process of it beats in FILE.
 *
 * usage: scale descriptors|watches NUMBER FILE
 *
 * Of descriptors there are 100 in each process: pidfds, files of /proc, eventfds
 * with an owner for signals, /dev/null.  Of inotify watches there are 10 in each
 * of so many file systems, which are mounted beside FILE and stay mounted.  How
 * long it takes to make as many, and to close them, is noted in FILE before that,
 * which has to be there and hold a page.
 *
 * BUILD: static
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "beat.h"
#include "memory.h"

/* Known to measure/load.py as well. */
#define IN_PROCESS 100
#define IN_MOUNT 10

/* One of the kinds that name a task, or of the others, in turn. */
static int make_descriptor(uint64_t number)
{
	int fd;

	switch (number % 4) {
	case 0:
		fd = syscall(SYS_pidfd_open, getpid(), 0);
		break;
	case 1:
		fd = open("/proc/self/stat", O_RDONLY);
		break;
	case 2:
		fd = eventfd(1, EFD_NONBLOCK);
		if (fd >= 0 && fcntl(fd, F_SETOWN, getpid()))
			die("F_SETOWN");
		break;
	default:
		fd = open("/dev/null", O_RDWR);
	}
	if (fd < 0)
		die("descriptor");
	return fd;
}

static void make_descriptors(void)
{
	for (uint64_t i = 0; i < IN_PROCESS; i++)
		make_descriptor(i);
}

static uint64_t descriptors(struct beat *beat, uint64_t number, const char *path)
{
	uint64_t tasks = number / IN_PROCESS, begin = now();

	(void)path;
	for (uint64_t i = 0; i < number; i++)
		close(make_descriptor(i));
	beat->native = now() - begin;
	for (uint64_t i = 1; i < tasks; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			make_descriptors();
			wait_for_orders(beat, tasks);
		}
	}
	make_descriptors();
	return tasks;
}

static void make_directory(const char *path)
{
	if (mkdir(path, 0700) && errno != EEXIST)
		die(path);
}

/* A file system with directories, unless it is there from a time before. */
static void make_mount(const char *at)
{
	char path[PATH_MAX + 16];

	if (!mkdir(at, 0700)) {
		if (mount("scale", at, "tmpfs", 0, "size=64k"))
			die(at);
	} else if (errno != EEXIST) {
		die(at);
	}
	for (int i = 0; i < IN_MOUNT; i++) {
		snprintf(path, sizeof(path), "%s/%d", at, i);
		make_directory(path);
	}
}

static int watch_all(const char *beside, uint64_t number)
{
	int fd = inotify_init1(IN_NONBLOCK);
	char path[PATH_MAX];

	if (fd < 0)
		die("inotify_init1");
	for (uint64_t i = 0; i < number; i++) {
		snprintf(path, sizeof(path), "%s.mounts/%lu/%lu", beside,
			 (unsigned long)(i / IN_MOUNT), (unsigned long)(i % IN_MOUNT));
		if (inotify_add_watch(fd, path, IN_CREATE) < 0)
			die(path);
	}
	return fd;
}

static uint64_t watches(struct beat *beat, uint64_t number, const char *path)
{
	char at[PATH_MAX];
	uint64_t begin;

	snprintf(at, sizeof(at), "%s.mounts", path);
	make_directory(at);
	for (uint64_t i = 0; i < number / IN_MOUNT; i++) {
		snprintf(at, sizeof(at), "%s.mounts/%lu", path, (unsigned long)i);
		make_mount(at);
	}
	begin = now();
	close(watch_all(path, number));
	beat->native = now() - begin;
	watch_all(path, number);
	return 1;
}

int main(int argc, char **argv)
{
	uint64_t (*make)(struct beat *beat, uint64_t number, const char *path) = NULL;
	struct beat *beat;

	if (argc == 4 && !strcmp(argv[1], "descriptors"))
		make = descriptors;
	else if (argc == 4 && !strcmp(argv[1], "watches"))
		make = watches;
	if (!make) {
		fprintf(stderr, "usage: scale descriptors|watches NUMBER FILE\n");
		return 2;
	}
	beat = map_beat(argv[3]);
	beat_on(beat, make(beat, strtoul(argv[2], NULL, 10), argv[3]), NULL, 0);
}
