// SPDX-License-Identifier: GPL-2.0-only
//
// Killing the task that is being restored ends the restart with an error.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = image_of_target("image", NULL), end[2];
	static char half[65536];
	ssize_t length = SYS(read(fd, half, sizeof(half))) / 2;
	pid_t us = getpid(), child, killer;

	SYS(pipe(end));
	CHECK_EQ(write(end[1], half, length), length);
	child = restarting_child();
	/* Somebody kills it in a while. */
	killer = SYS(fork());
	if (killer == 0) {
		usleep(300000);
		kill(child, SIGKILL);
		/* Should nobody notice: end the test. */
		sleep(20);
		kill(us, SIGKILL);
		_exit(0);
	}
	CHECK(ckpt_restart_flags(child, end[0], -1, 0) < 0);
	CHECK_EQ(exit_status(child), 1000 + SIGKILL);
	SYS(kill(killer, SIGKILL));
	SYS(waitpid(killer, NULL, 0));
	return ckpt_pass();
}
