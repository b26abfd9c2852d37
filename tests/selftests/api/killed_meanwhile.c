// SPDX-License-Identifier: GPL-2.0-only
//
// The process that is being saved is killed: an error or a complete image,
// nothing else.
//
// MODES: plain
#include "stuck.h"

int main(void)
{
	struct target target = target_frozen(holds_memory);
	int output, status;
	pid_t writer;

	writer = stuck_checkpoint(target.pid, &output);
	SYS(kill(target.pid, SIGKILL));
	usleep(50000);
	drain(output, -1);
	status = exit_status(writer);
	CHECK(status == 0 || status == EBUSY || status == ESRCH || status == EFAULT);
	target_end(&target);
	return ckpt_pass();
}
