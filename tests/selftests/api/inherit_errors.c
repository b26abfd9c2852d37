// SPDX-License-Identifier: GPL-2.0-only
//
// A wrong table of inherited descriptors is refused: too long, not readable, a
// negative descriptor, one named twice.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target = target_frozen(NULL);
	struct ckpt_inherit table[CKPT_MAX_INHERIT + 1] = { 0 };
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .flags = CHECKPOINT_SUBTREE,
					    .pid = target.pid, .logfd = CKPT_FD_NONE,
					    .inherit = (unsigned long)table };
	int i;

	argument.fd = new_file("image");
	for (i = 0; i <= CKPT_MAX_INHERIT; i++)
		table[i].image_fd = i;
	argument.nr_inherit = CKPT_MAX_INHERIT + 1;
	CHECK_EQ(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), -1);
	CHECK(errno == E2BIG || errno == EINVAL);
	argument.nr_inherit = 1;
	argument.inherit = 4096;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), EFAULT);
	argument.inherit = (unsigned long)table;
	/* 7 is not open in the target. */
	table[0].image_fd = 7;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), EBADF);
	table[0].image_fd = -1;
	CHECK_EQ(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), -1);
	CHECK(errno == EBADF || errno == EINVAL);
	table[0] = (struct ckpt_inherit){ .image_fd = 1, .fd = 5 };
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), EINVAL);
	table[0] = table[1] = (struct ckpt_inherit){ .image_fd = 1 };
	argument.nr_inherit = 2;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument), EINVAL);
	CHECK_EQ(lseek(argument.fd, 0, SEEK_END), 0);
	target_ends_well(&target);
	return ckpt_pass();
}
