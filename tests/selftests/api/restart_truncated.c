// SPDX-License-Identifier: GPL-2.0-only
//
// An image that ends too early is an error, wherever it ends; nothing survives.
//
// MODES: plain
#include "api.h"

#define CUTS 32

int main(void)
{
	int fd = image_of_target("image", NULL), i;
	off_t length = SYS(lseek(fd, 0, SEEK_END));
	pid_t child;

	/* From the back to the front: each is shorter than the one before. */
	for (i = CUTS - 1; i >= 0; i--) {
		SYS(ftruncate(fd, (length - 1) * i / (CUTS - 1)));
		SYS(lseek(fd, 0, SEEK_SET));
		child = restarting_child();
		CHECK(ckpt_restart_flags(child, fd, CKPT_FD_NONE, 0) < 0);
		kill(child, SIGKILL);
		CHECK_EQ(exit_status(child), 1000 + SIGKILL);
	}
	return ckpt_pass();
}
