// SPDX-License-Identifier: GPL-2.0-only
//
// Killing the coordinator in the middle of an image kills what it was restoring.
//
// MODES: plain
#include "stuck.h"

int main(void)
{
	int fd = image_of_target("image", NULL), end[2], to_us[2];
	static char half[65536];
	ssize_t length = SYS(read(fd, half, sizeof(half))) / 2;
	pid_t coordinator, child = 0;

	SYS(pipe(end));
	SYS(pipe(to_us));
	coordinator = SYS(fork());
	if (coordinator == 0) {
		child = restarting_child();
		CHECK_EQ(write(to_us[1], &child, sizeof(child)), sizeof(child));
		ckpt_restart_flags(child, end[0], -1, 0);
		_exit(0);
	}
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK_EQ(read(to_us[0], &child, sizeof(child)), sizeof(child));
	/* Half an image, and no end of it. */
	CHECK(length > 0 && length < 65536);
	CHECK_EQ(write(end[1], half, length), length);
	wait_until_drained(end[0], coordinator);
	SYS(kill(coordinator, SIGKILL));
	CHECK_EQ(exit_status(coordinator), 1000 + SIGKILL);
	/* The child has become ours, and dies as well. */
	CHECK_EQ(exit_status(child), 1000 + SIGKILL);
	return ckpt_pass();
}
