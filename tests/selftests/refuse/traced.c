// SPDX-License-Identifier: GPL-2.0-only
//
// A process that somebody traces is refused; the tracer goes on.
//
// EXPECT: refused EBUSY "ptrace|trace"
#include "../ckpt_test.h"
#include <sys/ptrace.h>

static void tracer(void *argument)
{
	pid_t pid = (pid_t)(long)argument;

	/* Not before the last SIGCHLD has gone: a traced process stops for it. */
	while (access("alone", F_OK) != 0)
		usleep(1000);
	SYS(ptrace(PTRACE_SEIZE, pid, 0, 0));
	ckpt_write_file("attached", "", 0);
	ckpt_wait_go();
	SYS(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	CHECK_EQ(waitpid(pid, NULL, __WALL), pid);
	SYS(ptrace(PTRACE_DETACH, pid, 0, 0));
	ckpt_write_file("detached", "", 0);
}

int main(void)
{
	ckpt_helper(tracer, (void *)(long)getpid());
	ckpt_write_file("alone", "", 0);
	/* Until the tracer is there. */
	while (access("attached", F_OK) != 0)
		usleep(1000);
	ckpt_ready();
	/* The tracer leaves and says whether all was well. */
	while (access("detached", F_OK) != 0)
		usleep(1000);
	return ckpt_pass();
}
