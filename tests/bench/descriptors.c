// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that is measured with many descriptors of one kind; it beats in FILE.
 *
 * usage: descriptors KIND NUMBER FILE
 *
 * KIND is one of those in the table below; of pipes there are NUMBER pairs.  How
 * long it takes to make and close as many, one after the other, is noted in FILE
 * before that, which has to be there and hold a page.
 *
 * BUILD: static
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "beat.h"
#include "memory.h"

/* For what a process has open beside what is measured. */
#define OTHERS 64

/* Each makes one, or a pair; the second is -1 unless there is one. */
struct made {
	int first, second;
};

static const char *program;

static struct made one(int fd)
{
	if (fd < 0)
		die("descriptor");
	return (struct made){ fd, -1 };
}

static struct made make_file(void)
{
	return one(open(program, O_RDONLY));
}

static struct made make_null(void)
{
	return one(open("/dev/null", O_RDWR));
}

static struct made make_dup(void)
{
	return one(dup(0));
}

static struct made make_eventfd(void)
{
	return one(eventfd(1, EFD_NONBLOCK));
}

static struct made make_timerfd(void)
{
	return one(timerfd_create(CLOCK_MONOTONIC, 0));
}

static struct made make_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return one(signalfd(-1, &set, 0));
}

static struct made make_epoll(void)
{
	return one(epoll_create1(0));
}

static struct made make_pipe(void)
{
	int ends[2];

	if (pipe(ends))
		die("pipe");
	return (struct made){ ends[0], ends[1] };
}

/* Known to measure/load.py as well. */
static const struct {
	const char *name;
	struct made (*make)(void);
} kinds[] = {
	{ "file", make_file },
	{ "null", make_null },
	{ "dup", make_dup },
	{ "eventfd", make_eventfd },
	{ "timerfd", make_timerfd },
	{ "signalfd", make_signalfd },
	{ "epoll", make_epoll },
	{ "pipe", make_pipe },
};

static struct made (*find(const char *name))(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].make;
	fprintf(stderr, "descriptors: no kind %s\n", name);
	exit(2);
}

static void allow(uint64_t number)
{
	const struct rlimit limit = { 2 * number + OTHERS, 2 * number + OTHERS };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
}

int main(int argc, char **argv)
{
	struct made (*make)(void);
	struct beat *beat;
	uint64_t number, begin;

	if (argc != 4) {
		fprintf(stderr, "usage: descriptors KIND NUMBER FILE\n");
		return 2;
	}
	program = argv[0];
	make = find(argv[1]);
	number = strtoul(argv[2], NULL, 10);
	allow(number);
	beat = map_beat(argv[3]);

	begin = now();
	for (uint64_t i = 0; i < number; i++) {
		struct made made = make();

		close(made.first);
		if (made.second >= 0)
			close(made.second);
	}
	beat->native = now() - begin;
	for (uint64_t i = 0; i < number; i++)
		make();
	beat_on(beat, 1, NULL, 0);
}
