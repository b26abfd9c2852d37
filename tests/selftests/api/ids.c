// SPDX-License-Identifier: GPL-2.0-only
//
// Ids are greater than zero, unique and increasing.
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
	target_ends_well(&target);
	return ckpt_pass();
}
