// SPDX-License-Identifier: GPL-2.0-only
//
// Flags that have no meaning are EINVAL, those that are kept for later
// EOPNOTSUPP; nothing is written.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target = target_frozen(NULL);
	int fd = new_file("image"), i;

	for (i = 9; i < 32; i++)
		CHECK_ERRNO(ckpt_checkpoint_flags(target.pid, fd, -1, CHECKPOINT_SUBTREE | 1u << i),
			    EINVAL);
	CHECK_ERRNO(ckpt_checkpoint_flags(target.pid, fd, -1,
					  CHECKPOINT_SUBTREE | CHECKPOINT_NETNS),
		    EOPNOTSUPP);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	target_ends_well(&target);
	return ckpt_pass();
}
