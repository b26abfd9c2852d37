// SPDX-License-Identifier: GPL-2.0-only
//
// The module cannot be unloaded while its device is open.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target = target_frozen(NULL);
	int fd = device(), image = new_file("image");

	CHECK_ERRNO(syscall(SYS_delete_module, "ckpt", O_NONBLOCK), EAGAIN);
	/* It still works. */
	CHECK(SYS(ckpt_checkpoint(target.pid, image)) > 0);
	CHECK(fcntl(fd, F_GETFD) >= 0);
	target_ends_well(&target);
	return ckpt_pass();
}
