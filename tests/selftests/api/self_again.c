// SPDX-License-Identifier: GPL-2.0-only
//
// A copy that was restored onto a process can save itself again, and its copy as
// well.
//
// MODES: plain
#include "api.h"

int main(void)
{
	volatile int generation = 0;
	pid_t child;

	for (;;) {
		char name[32];
		int fd, id;

		snprintf(name, sizeof(name), "image-%d", generation);
		fd = new_file(name);
		id = ckpt_checkpoint(0, fd);
		if (id < 0)
			ckpt_fail("generation %d: %s", generation, strerror(errno));
		SYS(close(fd));
		if (id > 0) {
			child = SYS(fork());
			if (child == 0) {
				int image = SYS(open(name, O_RDONLY));

				ckpt_restart_flags(0, image, STDERR_FILENO, RESTART_TASKSELF);
				ckpt_fail("restart: %s", strerror(errno));
			}
			_exit(exit_status(child));
		}
		/* A copy: with its parent's variables. */
		if (++generation == 3)
			_exit(0);
	}
	return ckpt_pass();
}
