// SPDX-License-Identifier: GPL-2.0-only
//
// A process with a child is refused; the child lives on.
//
// EXPECT: refused EOPNOTSUPP "child"
#include "../ckpt_test.h"

int main(void)
{
	pid_t child = SYS(fork());
	int status;

	if (child == 0)
		for (;;)
			pause();
	ckpt_ready();
	SYS(kill(child, SIGTERM));
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(WTERMSIG(status), SIGTERM);
	return ckpt_pass();
}
