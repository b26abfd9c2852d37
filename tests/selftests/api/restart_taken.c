// SPDX-License-Identifier: GPL-2.0-only
//
// A task that takes part in one restart cannot be claimed by another: EBUSY.
//
// MODES: plain
// LIBS: -lpthread
#include "stuck.h"
#include <pthread.h>

static int end[2];
static pid_t child;
static volatile pid_t coordinator;
static int first_error;

/* A coordinator that has half an image and waits for the rest. */
static void *first(void *argument)
{
	coordinator = gettid();
	first_error = ckpt_restart_flags(child, end[0], CKPT_FD_NONE, 0) < 0 ? errno : 0;
	return argument;
}

int main(void)
{
	int fd = image_of_target("image", NULL);
	static char half[65536];
	ssize_t length = SYS(read(fd, half, sizeof(half))) / 2;
	pthread_t id;

	SYS(pipe(end));
	CHECK_EQ(write(end[1], half, length), length);
	child = restarting_child();
	CHECK_EQ(pthread_create(&id, NULL, first, NULL), 0);
	while (coordinator == 0)
		usleep(1000);
	wait_until_drained(end[0], coordinator);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK_ERRNO(ckpt_restart_flags(child, fd, CKPT_FD_NONE, 0), EBUSY);
	/* The first one goes on: it ends when its image does. */
	SYS(close(end[1]));
	kill(child, SIGKILL);
	CHECK_EQ(pthread_join(id, NULL), 0);
	CHECK(first_error != 0);
	CHECK_EQ(exit_status(child), 1000 + SIGKILL);
	return ckpt_pass();
}
