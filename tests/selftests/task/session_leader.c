// SPDX-License-Identifier: GPL-2.0-only
//
// The leader of a session and of its process group leads them again.
//
// MODES: -new-pid
#include "../ckpt_test.h"

int main(void)
{
	pid_t pid = SYS(setsid());

	CHECK_EQ(pid, getpid());
	ckpt_ready();
	CHECK_EQ(getsid(0), pid);
	CHECK_EQ(getpgrp(), pid);
	CHECK_ERRNO(setsid(), EPERM);
	return ckpt_pass();
}
