// SPDX-License-Identifier: GPL-2.0-only
//
// A child of vfork that has executed another program no longer keeps its parent
// waiting, and comes back as any child.
#include "tree.h"

int main(void)
{
	pid_t pid;

	tree_start();
	pid = vfork();
	if (pid == 0) {
		execlp("sleep", "sleep", "1000", NULL);
		_exit(127);
	}
	CHECK(pid > 0);
	tree_go(0);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	SYS(kill(pid, SIGTERM));
	CHECK_EQ(tree_status(pid), SIGTERM);
	return ckpt_pass();
}
