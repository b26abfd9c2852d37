// SPDX-License-Identifier: GPL-2.0-only
//
// A descriptor that is given for one that no task of the image has: ignored, or an error where the caller says
// that each is for one.
//
// MODES: plain
#include "api.h"

#define ABSENT 55

static void waits(void)
{
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	_exit(TARGET_EXIT);
}

static int restart_with(int image, int image_fd, unsigned int flags)
{
	struct ckpt_inherit table = { .image_fd = image_fd, .fd = image };
	struct ckpt_restart restart = { .size = sizeof(restart), .fd = image,
					.logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE,
					.flags = flags, .inherit = (unsigned long)&table,
					.nr_inherit = 1 };
	int ret, error;

	SYS(lseek(image, 0, SEEK_SET));
	restart.pid = restarting_child();
	ret = ioctl(device(), CKPT_IOC_RESTART, &restart);
	error = errno;
	CHECK_EQ(exit_status(restart.pid), ret == 0 ? TARGET_EXIT : 1000 + SIGKILL);
	errno = error;
	return ret;
}

int main(void)
{
	struct target target = target_frozen(waits);
	struct ckpt_checkpoint save = { .size = sizeof(save), .flags = CHECKPOINT_SUBTREE,
					.pid = target.pid, .logfd = STDERR_FILENO,
					.fd = new_file("image") };

	CHECK(SYS(ioctl(device(), CKPT_IOC_CHECKPOINT, &save)) > 0);
	target_end(&target);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(restart_with(save.fd, ABSENT, 0), 0);
	CHECK_ERRNO(restart_with(save.fd, ABSENT, RESTART_INHERIT_ALL), EINVAL);
	CHECK_EQ(restart_with(save.fd, STDIN_FILENO, RESTART_INHERIT_ALL), 0);
	return ckpt_pass();
}
