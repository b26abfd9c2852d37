// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that is measured with many descriptors of one kind, or POSIX timers; it beats in FILE.
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
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
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

static void end_descriptors(struct made made)
{
	close(made.first);
	if (made.second >= 0)
		close(made.second);
}

/* A POSIX timer that runs. */
static struct made make_timer(void)
{
	const struct itimerspec spec = { .it_value.tv_sec = 3600, .it_interval.tv_sec = 3600 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	int id;

	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id) ||
	    syscall(SYS_timer_settime, id, 0, &spec, NULL))
		die("timer");
	return (struct made){ id, -1 };
}

static void end_timer(struct made made)
{
	syscall(SYS_timer_delete, made.first);
}

/* Known to measure/plan.py as well. */
static const struct kind {
	const char *name;
	struct made (*make)(void);
	void (*end)(struct made made);
} kinds[] = {
	{ "file", make_file, end_descriptors },
	{ "null", make_null, end_descriptors },
	{ "dup", make_dup, end_descriptors },
	{ "eventfd", make_eventfd, end_descriptors },
	{ "timerfd", make_timerfd, end_descriptors },
	{ "signalfd", make_signalfd, end_descriptors },
	{ "epoll", make_epoll, end_descriptors },
	{ "pipe", make_pipe, end_descriptors },
	{ "timer", make_timer, end_timer },
};

static const struct kind *find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	fprintf(stderr, "descriptors: no kind %s\n", name);
	exit(2);
}

static void allow(uint64_t number)
{
	const struct rlimit limit = { 2 * number + OTHERS, 2 * number + OTHERS };

	if (setrlimit(RLIMIT_NOFILE, &limit) || setrlimit(RLIMIT_SIGPENDING, &limit))
		die("setrlimit");
}

int main(int argc, char **argv)
{
	const struct kind *kind;
	struct beat *beat;
	uint64_t number, begin;

	if (argc != 4) {
		fprintf(stderr, "usage: descriptors KIND NUMBER FILE\n");
		return 2;
	}
	program = argv[0];
	kind = find(argv[1]);
	number = strtoul(argv[2], NULL, 10);
	allow(number);
	beat = map_beat(argv[3]);

	begin = now();
	for (uint64_t i = 0; i < number; i++)
		kind->end(kind->make());
	beat->native = now() - begin;
	for (uint64_t i = 0; i < number; i++)
		kind->make();
	beat_on(beat, 1, NULL, 0);
}
