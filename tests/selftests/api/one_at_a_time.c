// SPDX-License-Identifier: GPL-2.0-only
//
// While a tree is being saved it cannot be saved by somebody else: EBUSY.
//
// MODES: plain
#include "stuck.h"

int main(void)
{
	struct target target = target_frozen(holds_memory);
	int output, fd = new_file("image");
	pid_t writer;

	writer = stuck_checkpoint(target.pid, &output);
	CHECK_ERRNO(ckpt_checkpoint(target.pid, fd), EBUSY);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	drain(output, -1);
	CHECK_EQ(exit_status(writer), 0);
	/* And then it can. */
	CHECK(SYS(ckpt_checkpoint(target.pid, fd)) > 0);
	target_ends_well(&target);
	return ckpt_pass();
}
