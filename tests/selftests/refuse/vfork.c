// SPDX-License-Identifier: GPL-2.0-only
//
// A process that waits for its vfork child is refused; it goes on when the child
// does.
//
// EXPECT: refused EOPNOTSUPP|EBUSY "child|vfork"
#include "../ckpt_test.h"

int main(void)
{
	pid_t child = vfork();
	int status;

	if (child == 0) {
		/* The parent stands still: READY and GO are ours. */
		ckpt_ready();
		_exit(12);
	}
	CHECK(child > 0);
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(WEXITSTATUS(status), 12);
	return ckpt_pass();
}
