// SPDX-License-Identifier: GPL-2.0-only
//
// A pidfd of a child that has been waited for is refused.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "a pidfd of a task that is gone"
#include "../ckpt_test.h"
#include <sys/wait.h>

int main(void)
{
	pid_t child = SYS(fork());
	int fd, status;

	if (child == 0)
		_exit(0);
	fd = SYS(syscall(SYS_pidfd_open, child, 0));
	SYS(waitpid(child, &status, 0));
	ckpt_ready();
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	return ckpt_pass();
}
