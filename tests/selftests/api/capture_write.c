// SPDX-License-Identifier: GPL-2.0-only
//
// A capture outlives its process: it is written later, once, through the same
// open device.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target = target_frozen(NULL);
	struct ckpt_checkpoint capture = { .size = sizeof(capture), .flags = CHECKPOINT_SUBTREE,
					   .pid = target.pid, .fd = CKPT_FD_NONE,
					   .logfd = STDERR_FILENO };
	struct ckpt_write out = { .size = sizeof(out), .logfd = STDERR_FILENO };
	int other = SYS(open(CKPT_DEVICE, O_RDWR | O_CLOEXEC));
	pid_t child;

	out.id = ioctl(device(), CKPT_IOC_CAPTURE, &capture);
	CHECK(out.id > 0);
	target_end(&target);
	out.fd = new_file("image");
	CHECK_EQ(ioctl(other, CKPT_IOC_WRITE, &out), -1);
	SYS(ioctl(device(), CKPT_IOC_WRITE, &out));
	CHECK(lseek(out.fd, 0, SEEK_CUR) > 8192);
	/* It is used up. */
	CHECK_EQ(ioctl(device(), CKPT_IOC_WRITE, &out), -1);
	SYS(lseek(out.fd, 0, SEEK_SET));
	ckpt_write_file("target-go", "", 0);
	child = restarting_child();
	/* The log of the capture is in the file that is the target's output. */
	CHECK_EQ(SYS(ckpt_restart_flags(child, out.fd, STDERR_FILENO, RESTART_CHANGED_FILES)), 0);
	CHECK_EQ(exit_status(child), TARGET_EXIT);
	return ckpt_pass();
}
