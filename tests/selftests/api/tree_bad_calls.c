// SPDX-License-Identifier: GPL-2.0-only
//
// What a member of a restart may not ask for. Promise H.1.18.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

static int call(unsigned int flags, int image_pid, int pid)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .flags = flags, .pid = pid,
					 .image_pid = image_pid, .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };

	return ioctl(device(), CKPT_IOC_RESTART, &argument);
}

int main(void)
{
	CHECK_ERRNO(call(1u << 5, 1, 0), EINVAL);
	CHECK_ERRNO(call(1u << 31, 1, 0), EINVAL);
	CHECK_ERRNO(call(0, -1, 0), EINVAL);
	CHECK_ERRNO(call(RESTART_GHOST | RESTART_TASKSELF, 1, 0), EINVAL);
	/* Only a member says for whom it stands, only a member is a ghost. */
	CHECK_ERRNO(call(RESTART_GHOST, 0, getppid()), EINVAL);
	return ckpt_pass();
}
