// SPDX-License-Identifier: GPL-2.0-only
//
// A task that waits to be restored can be killed.
//
// MODES: plain
#include "api.h"

int main(void)
{
	pid_t child = restarting_child();

	usleep(100000);
	CHECK_EQ(waitpid(child, NULL, WNOHANG), 0);
	SYS(kill(child, SIGKILL));
	CHECK_EQ(exit_status(child), 1000 + SIGKILL);
	return ckpt_pass();
}
