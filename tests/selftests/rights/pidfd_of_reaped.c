// SPDX-License-Identifier: GPL-2.0-only
//
// A process that has many pidfds of a thread of its child is restored, and the child is killed
// meanwhile, at many moments: of a thread nothing is left then. The restart fails.
//
// MODES: plain
// LIBS: -lpthread
#include "forge.h"
#include "pair.h"
#include <pthread.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

#define PIDFDS 400
#define ROUNDS 24
/* The longest that the child lives when the first pidfd may be made, in nanoseconds. */
#define SPAN 6000000

enum { PIDFD = 316 };

static void child_id(const char *name)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", gettid());
	ckpt_write_file("new", text, strlen(text));
	SYS(rename("new", name));
}

static void *thread_is_saved(void *unused)
{
	child_id("thread");
	for (;;)
		pause();
	return unused;
}

static int number(const char *name)
{
	char text[32];

	ckpt_read_file(name, text, sizeof(text));
	return atoi(text);
}

static void parent_is_saved(void)
{
	pthread_t thread;
	int i;

	pair_begins();
	if (SYS(fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		CHECK_EQ(pthread_create(&thread, NULL, thread_is_saved, NULL), 0);
		pair_until("thread");
		pair_ready("child");
		for (;;)
			pause();
	}
	pair_until("child");
	for (i = 0; i < PIDFDS; i++)
		SYS(syscall(SYS_pidfd_open, number("thread"), PIDFD_THREAD));
	pair_ready("parent");
	for (;;)
		pause();
}

static void *thread_is_restored(void *unused)
{
	child_id("live-thread");
	pair_restarts("thread");
	return unused;
}

static void child_is_restored(void)
{
	pthread_t thread;

	SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
	CHECK_EQ(pthread_create(&thread, NULL, thread_is_restored, NULL), 0);
	pair_until("live-thread");
	child_id("live-child");
	pair_restarts("child");
}

static void parent_is_restored(void)
{
	if (SYS(fork()) == 0)
		child_is_restored();
	pair_until("live-child");
	pair_restarts("parent");
}

/* The bytes before the record that tells which thread the pidfd stands for. */
static off_t until_pidfd(int fd)
{
	struct forged image = forge_read(fd);
	off_t at = (unsigned char *)forge_find(&image, NULL, PIDFD) - image.bytes;

	free(image.bytes);
	return at;
}

/* Coordinates a restart of what comes out of a pipe; exits with the error. */
static pid_t coordinates(const int *ends)
{
	pid_t coordinator = SYS(fork()), pid;
	int error;

	if (coordinator)
		return coordinator;
	close(ends[1]);
	pid = SYS(fork());
	if (pid == 0) {
		close(ends[0]);
		parent_is_restored();
	}
	error = ckpt_restart_flags(pid, ends[0], CKPT_FD_NONE, 0) < 0 ? errno : 0;
	kill(pid, SIGKILL);
	CHECK_EQ(exit_status(pid), 1000 + SIGKILL);
	_exit(error);
}

static int64_t nanoseconds(void)
{
	struct timespec now;

	SYS(clock_gettime(CLOCK_MONOTONIC, &now));
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* Whether the restart has failed: it may have been through before. */
static bool killed_after(int image, off_t at, int64_t delay)
{
	off_t size = SYS(lseek(image, 0, SEEK_END));
	pid_t coordinator, feeder;
	int ends[2], error;
	int64_t end;

	SYS(pipe(ends));
	coordinator = coordinates(ends);
	SYS(close(ends[0]));
	feed_part(image, ends[1], 0, at);
	wait_until_drained(ends[1], coordinator);
	feeder = SYS(fork());
	if (feeder == 0) {
		/* It ends with SIGPIPE when nobody reads any more. */
		feed_part(image, ends[1], at, size);
		_exit(0);
	}
	end = nanoseconds() + delay;
	while (nanoseconds() < end)
		;
	SYS(kill(number("live-child"), SIGKILL));
	SYS(close(ends[1]));
	error = exit_status(coordinator);
	SYS(waitpid(feeder, NULL, 0));
	SYS(unlink("live-child"));
	SYS(unlink("live-thread"));
	return error != 0;
}

int main(void)
{
	int image, round, failed = 0;
	off_t at;

	device();
	image = image_of_pair("image", parent_is_saved);
	at = until_pidfd(image);
	for (round = 0; round < ROUNDS; round++)
		failed += killed_after(image, at, ckpt_mix(round, ROUNDS) % SPAN);
	CHECK(failed > 0);
	return ckpt_pass();
}
