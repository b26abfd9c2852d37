// SPDX-License-Identifier: GPL-2.0-only
//
// The image may be written to a file that the saved process has open itself.
//
// MODES: plain
#include "api.h"

static void holds_image(void)
{
	SYS(open("image", O_RDONLY | O_CREAT, 0644));
	target_waits();
}

int main(void)
{
	struct target target = target_frozen(holds_image);
	int fd = SYS(open("image", O_WRONLY | O_CREAT, 0644));
	pid_t child;

	CHECK(SYS(ckpt_checkpoint(target.pid, fd)) > 0);
	target_end(&target);
	fd = SYS(open("image", O_RDONLY));
	ckpt_write_file("target-go", "", 0);
	child = restarting_child();
	CHECK_EQ(SYS(ckpt_restart_flags(child, fd, STDERR_FILENO, 0)), 0);
	CHECK_EQ(exit_status(child), TARGET_EXIT);
	return ckpt_pass();
}
