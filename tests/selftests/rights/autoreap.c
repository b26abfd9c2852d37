// SPDX-License-Identifier: GPL-2.0-only
//
// A process that restores an image onto itself stays a child that its parent has
// to wait for: a parent that nobody asked would go on using a number that has
// become somebody else's.
//
// MODES: plain
#include "rights.h"
#include <linux/sched.h>

#ifndef CLONE_AUTOREAP
#define CLONE_AUTOREAP (1ull << 34)
#endif

/* An image of a process that nobody has to wait for. */
static void saves_itself(void)
{
	struct clone_args args = { .flags = CLONE_AUTOREAP };
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	int image, id;

	if (pid < 0 && errno == EINVAL)
		ckpt_skip("no CLONE_AUTOREAP here");
	SYS(pid);
	if (pid == 0) {
		image = new_file("image");
		id = ckpt_checkpoint(0, image);
		if (id > 0)
			ckpt_write_file("saved", "", 0);
		_exit(TARGET_EXIT);
	}
	while (access("saved", F_OK) != 0)
		usleep(2000);
}

int main(void)
{
	pid_t pid;

	device();
	saves_itself();
	pid = SYS(fork());
	if (pid == 0) {
		int image = SYS(open("image", O_RDONLY));

		ckpt_restart_flags(0, image, STDERR_FILENO, RESTART_TASKSELF);
		_exit(1);
	}
	CHECK_EQ(exit_status(pid), TARGET_EXIT);
	return ckpt_pass();
}
