// SPDX-License-Identifier: GPL-2.0-only
//
// A restarted process can fork, exec and wait, and its own exit status reaches
// whoever waits for it.
#include "../ckpt_test.h"

int main(void)
{
	int status;

	ckpt_ready();
	if (SYS(fork()) == 0) {
		execl("/bin/sh", "sh", "-c", "exit 42", NULL);
		_exit(127);
	}
	SYS(wait(&status));
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 42);
	if (SYS(fork()) == 0)
		abort();
	SYS(wait(&status));
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGABRT);
	return ckpt_pass();
}
