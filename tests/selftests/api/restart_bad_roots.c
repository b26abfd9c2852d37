// SPDX-License-Identifier: GPL-2.0-only
//
// A task that cannot be restored onto is refused: a dead one, one that is
// traced, one with two threads.
//
// MODES: plain
// LIBS: -lpthread
#include "stuck.h"
#include <pthread.h>
#include <sys/ptrace.h>

static int image;

/* Which error a restart onto this child gives, and what the log says. */
static void refused(pid_t child, int error, const char *text)
{
	static char said[4096];
	int log = new_file("log");

	SYS(lseek(image, 0, SEEK_SET));
	CHECK_ERRNO(ckpt_restart_flags(child, image, log, 0), error);
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, text))
		ckpt_fail("the log does not say \"%s\": %s", text, said);
	SYS(close(log));
}

static void *second(void *argument)
{
	pause();
	return argument;
}

static void enter(void)
{
	ckpt_restart_flags(0, CKPT_FD_NONE, CKPT_FD_NONE, 0);
	_exit(1);
}

int main(void)
{
	siginfo_t info;
	pthread_t id;
	pid_t child;

	image = image_of_target("image", NULL);

	child = SYS(fork());
	if (child == 0)
		_exit(0);
	SYS(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	refused(child, ESRCH, "dead");
	SYS(waitpid(child, NULL, 0));

	child = SYS(fork());
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		enter();
	}
	wait_until_stuck(child);
	refused(child, EBUSY, "traced");
	SYS(kill(child, SIGKILL));
	SYS(waitpid(child, NULL, 0));

	child = SYS(fork());
	if (child == 0) {
		pthread_create(&id, NULL, second, NULL);
		enter();
	}
	wait_until_stuck(child);
	refused(child, EINVAL, "another number of threads");
	kill(child, SIGKILL);
	SYS(waitpid(child, NULL, 0));
	return ckpt_pass();
}
