// SPDX-License-Identifier: GPL-2.0-only
//
// A signal sent to the thread and one sent to the process stay two: both are
// pending, each in its own queue.
//
// MODES: -stopped
#include "../ckpt_test.h"

static unsigned long long queue(const char *name)
{
	static char text[8192];
	const char *line;

	ckpt_read_file("/proc/self/status", text, sizeof(text));
	line = strstr(text, name);
	CHECK(line != NULL);
	return strtoull(line + strlen(name), NULL, 16);
}

int main(void)
{
	unsigned long long thread, process;
	pid_t pid = getpid();
	sigset_t all;

	sigfillset(&all);
	SYS(sigprocmask(SIG_SETMASK, &all, NULL));
	SYS(kill(pid, SIGUSR1));
	SYS(syscall(SYS_tgkill, pid, pid, SIGUSR1));
	SYS(syscall(SYS_tgkill, pid, pid, SIGHUP));
	SYS(kill(pid, SIGINT));
	thread = queue("SigPnd:");
	process = queue("ShdPnd:");
	CHECK_EQ(thread, 1ull << (SIGUSR1 - 1) | 1ull << (SIGHUP - 1));
	CHECK_EQ(process, 1ull << (SIGUSR1 - 1) | 1ull << (SIGINT - 1));
	ckpt_ready();
	CHECK_EQ(queue("SigPnd:"), thread);
	CHECK_EQ(queue("ShdPnd:"), process);
	return ckpt_pass();
}
