// SPDX-License-Identifier: GPL-2.0-only
//
// A task that waits to be restored is interrupted by a signal: EINTR, and the
// call is not repeated by itself.
//
// MODES: plain
#include "api.h"

static void handler(int signal)
{
	(void)signal;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	pid_t child;

	device();
	child = SYS(fork());
	if (child == 0) {
		SYS(sigaction(SIGALRM, &action, NULL));
		ualarm(200000, 0);
		CHECK_ERRNO(ckpt_restart_flags(0, CKPT_FD_NONE, CKPT_FD_NONE, 0), EINTR);
		_exit(0);
	}
	CHECK_EQ(exit_status(child), 0);
	return ckpt_pass();
}
