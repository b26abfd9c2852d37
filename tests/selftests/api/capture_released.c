// SPDX-License-Identifier: GPL-2.0-only
//
// A capture is released without being written by CKPT_FD_NONE, and when the
// device is closed.
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
	int other, i;

	out.id = SYS(ioctl(device(), CKPT_IOC_CAPTURE, &capture));
	CHECK_EQ(ioctl(device(), CKPT_IOC_WRITE, &out), 0);
	CHECK_EQ(ioctl(device(), CKPT_IOC_WRITE, &out), -1);
	for (i = 0; i < 20; i++) {
		other = SYS(open(CKPT_DEVICE, O_RDWR | O_CLOEXEC));
		CHECK(ioctl(other, CKPT_IOC_CAPTURE, &capture) > 0);
		SYS(close(other));
	}
	/* An image descriptor has no meaning here. */
	capture.fd = new_file("image");
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_CAPTURE, &capture), EINVAL);
	target_ends_well(&target);
	return ckpt_pass();
}
