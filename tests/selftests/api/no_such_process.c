// SPDX-License-Identifier: GPL-2.0-only
//
// A pid that nobody has is ESRCH, a dead process too; a kernel thread and a
// negative pid are errors.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = new_file("image");
	pid_t child = SYS(fork());
	siginfo_t info;

	if (child == 0)
		_exit(0);
	CHECK_ERRNO(ckpt_checkpoint(4194305, fd), ESRCH);
	CHECK_ERRNO(ckpt_checkpoint(-5, fd), EINVAL);
	CHECK_EQ(ckpt_checkpoint(2, fd), -1);
	SYS(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	CHECK_EQ(ckpt_checkpoint(child, fd), -1);
	CHECK(errno == ESRCH || errno == EBUSY || errno == EOPNOTSUPP);
	SYS(waitpid(child, NULL, 0));
	CHECK_ERRNO(ckpt_checkpoint(child, fd), ESRCH);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	return ckpt_pass();
}
