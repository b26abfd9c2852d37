// SPDX-License-Identifier: GPL-2.0-only
//
// An open device keeps so many captures and no more: EBUSY, until one of them is
// released.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target = target_frozen(NULL);
	struct ckpt_checkpoint capture = { .size = sizeof(capture), .flags = CHECKPOINT_SUBTREE,
					   .pid = target.pid, .fd = CKPT_FD_NONE,
					   .logfd = CKPT_FD_NONE };
	struct ckpt_write out = { .size = sizeof(out), .fd = CKPT_FD_NONE, .logfd = CKPT_FD_NONE };
	int count, id, other;

	for (count = 0; (id = ioctl(device(), CKPT_IOC_CAPTURE, &capture)) > 0; count++)
		out.id = id;
	CHECK_EQ(errno, EBUSY);
	CHECK_EQ(count, 16);
	/* Another opening of the device has captures of its own. */
	other = SYS(open(CKPT_DEVICE, O_RDWR | O_CLOEXEC));
	CHECK(ioctl(other, CKPT_IOC_CAPTURE, &capture) > 0);
	SYS(close(other));
	SYS(ioctl(device(), CKPT_IOC_WRITE, &out));
	CHECK(ioctl(device(), CKPT_IOC_CAPTURE, &capture) > 0);
	target_ends_well(&target);
	return ckpt_pass();
}
