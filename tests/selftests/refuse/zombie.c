// SPDX-License-Identifier: GPL-2.0-only
//
// A process with a dead child that nobody has waited for is refused; it can
// still be waited for.
//
// EXPECT: refused EOPNOTSUPP "child"
#include "../ckpt_test.h"

int main(void)
{
	pid_t child = SYS(fork());
	siginfo_t info;
	int status;

	if (child == 0)
		_exit(51);
	SYS(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	ckpt_ready();
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(WEXITSTATUS(status), 51);
	return ckpt_pass();
}
