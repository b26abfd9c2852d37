// SPDX-License-Identifier: GPL-2.0-only
//
// Sixty checkpoints and restarts in a row work as the first did.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int i;

	for (i = 0; i < 60; i++) {
		int fd = image_of_target("image", NULL);
		pid_t child = restarting_child();

		CHECK_EQ(SYS(ckpt_restart_flags(child, fd, STDERR_FILENO, 0)), 0);
		ckpt_write_file("target-go", "", 0);
		CHECK_EQ(exit_status(child), TARGET_EXIT);
		SYS(unlink("target-go"));
		SYS(close(fd));
	}
	return ckpt_pass();
}
