// SPDX-License-Identifier: GPL-2.0-only
//
// Coordinator and child may arrive in any order.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = image_of_target("image", NULL), i;
	pid_t child;

	ckpt_write_file("target-go", "", 0);
	for (i = 0; i < 3; i++) {
		SYS(lseek(fd, 0, SEEK_SET));
		if (i == 2) {
			/* The child is late. */
			child = SYS(fork());
			if (child == 0) {
				usleep(300000);
				ckpt_restart_flags(0, CKPT_FD_NONE, CKPT_FD_NONE, 0);
				_exit(1);
			}
		} else {
			child = restarting_child();
			usleep(i * 200000);
		}
		CHECK_EQ(SYS(ckpt_restart_flags(child, fd, STDERR_FILENO, 0)), 0);
		CHECK_EQ(exit_status(child), TARGET_EXIT);
	}
	return ckpt_pass();
}
