// SPDX-License-Identifier: GPL-2.0-only
//
// The root of a restart that does not exist, is a thread of the coordinator's process, or may not be
// attached to is refused at once, although it may still arrive.
// Promise H.1.5.
//
// MODES: plain
#include "../rights/rights.h"

int main(void)
{
	int fd, status;
	pid_t child, root = getpid();

	device();
	fd = image_of_target("image", NULL);
	CHECK_ERRNO(ckpt_restart_flags(4194305, fd, -1, 0), ESRCH);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK_ERRNO(ckpt_restart_flags(getpid(), fd, -1, 0), EINVAL);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK(ckpt_restart_flags(-getppid(), fd, -1, 0) < 0);

	everybody_is_allowed();
	child = SYS(fork());
	if (child == 0) {
		ckpt_at_fail = NULL;
		become(NOBODY);
		SYS(lseek(fd, 0, SEEK_SET));
		CHECK_ERRNO(ckpt_restart_flags(root, fd, -1, 0), EPERM);
		SYS(lseek(fd, 0, SEEK_SET));
		CHECK_ERRNO(ckpt_restart_flags(1, fd, -1, 0), EPERM);
		_exit(0);
	}
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(status, 0);
	everybody_is_disallowed();
	return ckpt_pass();
}
