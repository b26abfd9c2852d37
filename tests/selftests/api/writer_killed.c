// SPDX-License-Identifier: GPL-2.0-only
//
// Killing whoever saves a process leaves the process unharmed and free to be
// saved again.
//
// MODES: plain
#include "stuck.h"

int main(void)
{
	struct target target = target_frozen(holds_memory);
	int output, fd = new_file("image");
	pid_t writer;

	writer = stuck_checkpoint(target.pid, &output);
	SYS(kill(writer, SIGKILL));
	CHECK_EQ(exit_status(writer), 1000 + SIGKILL);
	CHECK(SYS(ckpt_checkpoint(target.pid, fd)) > 0);
	target_ends_well(&target);
	return ckpt_pass();
}
