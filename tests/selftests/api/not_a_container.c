// SPDX-License-Identifier: GPL-2.0-only
//
// Without CHECKPOINT_SUBTREE a process that is not the init of a container is
// EINVAL.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target;
	int fd = new_file("image");

	CHECK_ERRNO(ckpt_checkpoint_flags(0, fd, -1, 0), EINVAL);
	target = target_frozen(NULL);
	CHECK_ERRNO(ckpt_checkpoint_flags(target.pid, fd, -1, 0), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	target_ends_well(&target);
	return ckpt_pass();
}
