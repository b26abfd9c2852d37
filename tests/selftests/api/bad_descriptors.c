// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptors that are closed or not open for writing are EBADF, for the image
// and for the log.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target = target_frozen(NULL);
	int image = new_file("image"), path, reader;

	ckpt_write_file("file", "x", 1);
	reader = SYS(open("file", O_RDONLY));
	path = SYS(open("file", O_PATH));
	CHECK_ERRNO(ckpt_checkpoint(target.pid, -1), EBADF);
	CHECK_ERRNO(ckpt_checkpoint(target.pid, 999), EBADF);
	CHECK_ERRNO(ckpt_checkpoint(target.pid, reader), EBADF);
	CHECK_ERRNO(ckpt_checkpoint(target.pid, path), EBADF);
	CHECK_ERRNO(ckpt_checkpoint_flags(target.pid, image, 999, CHECKPOINT_SUBTREE), EBADF);
	CHECK_ERRNO(ckpt_checkpoint_flags(target.pid, image, reader, CHECKPOINT_SUBTREE), EBADF);
	CHECK_EQ(lseek(image, 0, SEEK_END), 0);
	CHECK_ERRNO(ckpt_restart_flags(0, 999, -1, RESTART_TASKSELF), EBADF);
	CHECK_ERRNO(ckpt_restart_flags(0, path, -1, RESTART_TASKSELF), EBADF);
	target_ends_well(&target);
	return ckpt_pass();
}
