// SPDX-License-Identifier: GPL-2.0-only
//
// Different trees can be saved at the same time.
//
// MODES: plain
#include "stuck.h"

int main(void)
{
	struct target one = target_frozen(holds_memory), two = target_frozen(NULL);
	int output, fd = new_file("image");
	pid_t writer;

	writer = stuck_checkpoint(one.pid, &output);
	CHECK(SYS(ckpt_checkpoint(two.pid, fd)) > 0);
	drain(output, -1);
	CHECK_EQ(exit_status(writer), 0);
	target_end(&one);
	target_ends_well(&two);
	return ckpt_pass();
}
