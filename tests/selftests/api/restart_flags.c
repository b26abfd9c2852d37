// SPDX-License-Identifier: GPL-2.0-only
//
// Flags of restart that have no meaning are EINVAL, those that are kept for
// later EOPNOTSUPP.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = new_file("image"), i;

	for (i = 5; i < 32; i++)
		CHECK_ERRNO(ckpt_restart_flags(0, fd, -1, 1u << i), EINVAL);
	CHECK_ERRNO(ckpt_restart_flags(0, fd, -1, RESTART_TASKSELF | RESTART_KEEP_LSM), EOPNOTSUPP);
	CHECK_ERRNO(ckpt_restart_flags(0, fd, -1, RESTART_TASKSELF | RESTART_CONN_RESET),
		    EOPNOTSUPP);
	/* One cannot be a ghost and the only task. */
	CHECK(ckpt_restart_flags(0, fd, -1, RESTART_TASKSELF | RESTART_GHOST) < 0);
	CHECK(errno == EINVAL || errno == EOPNOTSUPP);
	/* Frozen where? */
	CHECK(ckpt_restart_flags(getpid(), fd, -1, RESTART_FROZEN) < 0);
	return ckpt_pass();
}
