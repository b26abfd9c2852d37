// SPDX-License-Identifier: GPL-2.0-only
//
// A process that runs while it is being saved makes the checkpoint fail with
// EBUSY, and the image cannot be restarted.
//
// MODES: plain
#include "stuck.h"

int main(void)
{
	struct target target = target_frozen(holds_memory);
	int output, fd = new_file("image");
	ssize_t step;
	pid_t writer, child;

	writer = stuck_checkpoint(target.pid, &output);
	target_freeze(&target, false);
	usleep(50000);
	target_freeze(&target, true);
	drain(output, fd);
	CHECK_EQ(exit_status(writer), EBUSY);
	child = SYS(fork());
	if (child == 0) {
		SYS(lseek(fd, 0, SEEK_SET));
		ckpt_restart_flags(0, fd, -1, RESTART_TASKSELF);
		_exit(errno == EBADMSG || errno == EIO ? 0 : 1);
	}
	/* An error, or killed on the way; never alive. */
	step = exit_status(child);
	CHECK(step == 0 || step == 1000 + SIGKILL);
	target_ends_well(&target);
	return ckpt_pass();
}
