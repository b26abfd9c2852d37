// SPDX-License-Identifier: GPL-2.0-only
//
// A head that is too long is E2BIG, one that cannot be read EFAULT.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = image_of_target("image", NULL);
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = fd, .logfd = CKPT_FD_NONE,
					 .cgroup_fd = CKPT_FD_NONE };

	argument.pid = restarting_child();
	argument.head = (unsigned long)&argument;
	argument.head_len = CKPT_MAX_HEAD + 1ul;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, &argument), E2BIG);
	argument.head = 4096;
	argument.head_len = 4096;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, &argument), EFAULT);
	kill(argument.pid, SIGKILL);
	CHECK_EQ(exit_status(argument.pid), 1000 + SIGKILL);
	return ckpt_pass();
}
