// SPDX-License-Identifier: GPL-2.0-only
//
// A task to which the time-stamp counter is forbidden (PR_SET_TSC) still may not read it, and its children
// neither; one that allows it again may.
#include "../ckpt_test.h"
#include <sys/prctl.h>

/* A handler of its own: the kernel logs only what is not expected. */
static void refused(int signal)
{
	_exit(signal);
}

/* 0, or the signal that it costs. */
static int read_counter(void)
{
	pid_t child = SYS(fork());
	int status;

	if (child == 0) {
		signal(SIGSEGV, refused);
		__builtin_ia32_rdtsc();
		_exit(0);
	}
	SYS(waitpid(child, &status, 0));
	return WEXITSTATUS(status);
}

int main(void)
{
	int state;

	SYS(prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0));
	ckpt_ready();
	SYS(prctl(PR_GET_TSC, &state, 0, 0, 0));
	CHECK_EQ(state, PR_TSC_SIGSEGV);
	CHECK_EQ(read_counter(), SIGSEGV);
	SYS(prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0));
	CHECK_EQ(read_counter(), 0);
	return ckpt_pass();
}
