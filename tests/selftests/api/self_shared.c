// SPDX-License-Identifier: GPL-2.0-only
//
// A process that shares its memory with another one cannot restore an image onto
// itself: EBUSY, and both go on.
//
// MODES: plain
#include "api.h"
#include <sched.h>

#define STACK (64 * CKPT_PAGE)

static int image, logs;

static int restores(void *argument)
{
	(void)argument;
	return ckpt_restart_flags(0, image, logs, RESTART_TASKSELF) < 0 ? errno : 0;
}

int main(void)
{
	unsigned char *stack = ckpt_anon(STACK);
	static char said[4096];
	pid_t pid;

	image = image_of_target("image", NULL);
	logs = new_file("log");
	device();
	pid = SYS(clone(restores, stack + STACK, CLONE_VM | SIGCHLD, NULL));
	CHECK_EQ(exit_status(pid), EBUSY);
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, "CLONE_VM"))
		ckpt_fail("the log does not tell why: %s", said);
	/* With memory of its own it can. */
	SYS(lseek(image, 0, SEEK_SET));
	ckpt_write_file("target-go", "", 0);
	pid = SYS(fork());
	if (pid == 0)
		_exit(restores(NULL));
	CHECK_EQ(exit_status(pid), TARGET_EXIT);
	return ckpt_pass();
}
