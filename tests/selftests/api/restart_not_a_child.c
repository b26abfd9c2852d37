// SPDX-License-Identifier: GPL-2.0-only
//
// The root of a restart has to be a child of the coordinator: ESRCH.
// Promise H.1.5.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = image_of_target("image", NULL);
	pid_t child = SYS(fork());

	if (child == 0) {
		sleep(1);
		_exit(0);
	}
	CHECK_ERRNO(ckpt_restart_flags(4194305, fd, -1, 0), ESRCH);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK_ERRNO(ckpt_restart_flags(1, fd, -1, 0), ESRCH);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK_ERRNO(ckpt_restart_flags(getppid(), fd, -1, 0), ESRCH);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK(ckpt_restart_flags(getpid(), fd, -1, 0) < 0);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK(ckpt_restart_flags(-child, fd, -1, 0) < 0);
	SYS(waitpid(child, NULL, 0));
	return ckpt_pass();
}
