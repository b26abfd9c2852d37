// SPDX-License-Identifier: GPL-2.0-only
//
// Ids are greater than zero, unique and increasing; a checkpoint that is refused
// does not use any up.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target = target_frozen(NULL);
	int before = 0, i;

	for (i = 0; i < 5; i++) {
		int fd = new_file("image"), id = SYS(ckpt_checkpoint(target.pid, fd));

		CHECK(id > before);
		before = id;
		SYS(close(fd));
	}
	for (i = 0; i < 5000; i++)
		CHECK_ERRNO(ckpt_checkpoint(4194305, STDERR_FILENO), ESRCH);
	i = new_file("image");
	/* Others may be at it as well. */
	CHECK(SYS(ckpt_checkpoint(target.pid, i)) - before < 1000);
	target_ends_well(&target);
	return ckpt_pass();
}
