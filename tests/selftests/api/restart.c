// SPDX-License-Identifier: GPL-2.0-only
//
// A coordinator and a child restore an image between them: the child goes on as
// the saved program. Promise H.1.9: with a single task nobody waits for others.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = image_of_target("image", NULL);
	pid_t child = restarting_child();
	char name[64], path[64];

	CHECK_EQ(SYS(ckpt_restart_flags(child, fd, STDERR_FILENO, 0)), 0);
	/* It waits, as the saved one did. */
	usleep(50000);
	CHECK_EQ(waitpid(child, NULL, WNOHANG), 0);
	snprintf(path, sizeof(path), "/proc/%d/comm", child);
	ckpt_read_file(path, name, sizeof(name));
	CHECK_STR(name, "restart\n");
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(child), TARGET_EXIT);
	return ckpt_pass();
}
