// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe whose reader goes away gives EPIPE; the process is unharmed.
//
// MODES: plain
#include "stuck.h"

int main(void)
{
	struct target target = target_frozen(holds_memory);
	pid_t writer;
	int output;

	writer = stuck_checkpoint(target.pid, &output);
	SYS(close(output));
	CHECK_EQ(exit_status(writer), EPIPE);
	target_ends_well(&target);
	return ckpt_pass();
}
