// SPDX-License-Identifier: GPL-2.0-only
//
// A working directory that is /proc/PID of a process that has ended is refused: no path leads to it any
// more, and nothing can be made there.
//
// EXPECT: refused EOPNOTSUPP "working directory" "a directory of the kernel's own that is gone"
#include "../ckpt_test.h"

int main(void)
{
	pid_t child = SYS(fork());
	char path[64];

	if (child == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d", child);
	SYS(chdir(path));
	SYS(kill(child, SIGKILL));
	SYS(waitpid(child, NULL, 0));
	ckpt_ready();
	CHECK(access("stat", F_OK) != 0);
	return ckpt_pass();
}
