// SPDX-License-Identifier: GPL-2.0-only
//
// wait(2) tells the user of a zombie.
//
// MODES: -new-pid
#include "cred.h"

int main(void)
{
	siginfo_t info;
	pid_t child;

	if (getuid() != 0)
		ckpt_skip("needs root");
	child = SYS(fork());
	if (child == 0) {
		SYS(setresuid(NOBODY, NOBODY, NOBODY));
		_exit(7);
	}
	SYS(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_uid, NOBODY);

	ckpt_ready();
	SYS(waitid(P_PID, child, &info, WEXITED));
	CHECK_EQ(info.si_uid, NOBODY);
	CHECK_EQ(info.si_status, 7);
	return ckpt_pass();
}
