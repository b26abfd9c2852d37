// SPDX-License-Identifier: GPL-2.0-only
//
// A descriptor for /proc/PID of a process that has ended is refused.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "a directory of the kernel's own that is gone"
#include "../ckpt_test.h"

int main(void)
{
	pid_t child = SYS(fork());
	char path[64];
	int fd;

	if (child == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d", child);
	fd = SYS(open(path, O_RDONLY | O_DIRECTORY));
	SYS(kill(child, SIGKILL));
	SYS(waitpid(child, NULL, 0));
	ckpt_ready();
	CHECK(faccessat(fd, "stat", F_OK, 0) != 0);
	return ckpt_pass();
}
