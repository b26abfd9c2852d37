// SPDX-License-Identifier: GPL-2.0-only
//
// A process that traces another one is refused.
//
// EXPECT: refused EBUSY|EOPNOTSUPP "ptrace|trace"
#include "../ckpt_test.h"
#include <sys/ptrace.h>

static void traced(void *argument)
{
	(void)argument;
	while (access("released", F_OK) != 0)
		usleep(1000);
}

int main(void)
{
	pid_t other = ckpt_helper(traced, NULL);

	SYS(ptrace(PTRACE_SEIZE, other, 0, 0));
	ckpt_ready();
	SYS(ptrace(PTRACE_INTERRUPT, other, 0, 0));
	CHECK_EQ(waitpid(other, NULL, __WALL), other);
	SYS(ptrace(PTRACE_DETACH, other, 0, 0));
	ckpt_write_file("released", "", 0);
	return ckpt_pass();
}
