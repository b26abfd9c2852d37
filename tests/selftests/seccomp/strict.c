// SPDX-License-Identifier: GPL-2.0-only
//
// A process in strict mode may still read and write, and is killed for everything else.
//
// MODES: -new-pid
#include "filters.h"

enum { ECHO, ASK };

/* Does what it is told until it is not allowed to. */
static void confined(int in, int out)
{
	char byte;

	SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	tree_call(SYS_write, out, (long)"r", 1, 0, 0);
	while (tree_call(SYS_read, in, (long)&byte, 1, 0, 0) == 1) {
		if (byte == ASK)
			tree_call(SYS_getpid, 0, 0, 0, 0, 0);
		tree_call(SYS_write, out, (long)"e", 1, 0, 0);
	}
	tree_call(SYS_exit, 1, 0, 0, 0, 0);
}

static char reads(int fd)
{
	char byte;

	CHECK_EQ(SYS(read(fd, &byte, 1)), 1);
	return byte;
}

static void is_strict(pid_t pid)
{
	char path[64], text[8192];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	ckpt_read_file(path, text, sizeof(text));
	CHECK(strstr(text, "Seccomp:\t1\nSeccomp_filters:\t0\n"));
	CHECK(strstr(text, "NoNewPrivs:\t0\n"));
}

int main(void)
{
	int to[2], from[2], status;
	char byte = ECHO;
	pid_t pid;

	SYS(pipe(to));
	SYS(pipe(from));
	pid = SYS(fork());
	if (pid == 0)
		confined(to[0], from[1]);
	CHECK_EQ(reads(from[0]), 'r');
	is_strict(pid);

	ckpt_ready();
	SYS(close(to[0]));
	SYS(close(from[1]));
	CHECK_EQ(SYS(write(to[1], &byte, 1)), 1);
	CHECK_EQ(reads(from[0]), 'e');
	is_strict(pid);
	byte = ASK;
	CHECK_EQ(SYS(write(to[1], &byte, 1)), 1);
	CHECK_EQ(SYS(wait(&status)), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_EQ(read(from[0], &byte, 1), 0);
	return ckpt_pass();
}
