// SPDX-License-Identifier: GPL-2.0-only
//
// Structures may be longer than the kernel knows, if what is too much is zero.
//
// MODES: plain
#include "api.h"
#include <stddef.h>

/* Above the largest pid that there can be. */
#define NO_PID 4194305

int main(void)
{
	struct {
		struct ckpt_checkpoint known;
		unsigned char more[512];
	} argument = { .known = { .flags = CHECKPOINT_SUBTREE, .pid = NO_PID,
				  .logfd = CKPT_FD_NONE } };
	static unsigned char huge[3 * CKPT_PAGE];
	int fd = new_file("image");

	argument.known.fd = fd;
	/* Long enough, longer by zeros: ESRCH comes after the size. */
	argument.known.size = sizeof(argument.known);
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), ESRCH);
	/* Shorter than the first version ever was. */
	argument.known.size = offsetof(struct ckpt_checkpoint, nr_inherit);
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), EINVAL);
	argument.known.size = sizeof(argument);
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), ESRCH);
	argument.more[511] = 1;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), E2BIG);
	argument.known.size = 0;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), EINVAL);
	argument.known.size = 4;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), EINVAL);
	/* Longer than a page is never right. */
	argument.known.size = sizeof(huge);
	memcpy(huge, &argument.known, sizeof(argument.known));
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, huge), E2BIG);
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, NULL), EFAULT);
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, (void *)-4096l), EFAULT);
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_RESTART, NULL), EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	return ckpt_pass();
}
