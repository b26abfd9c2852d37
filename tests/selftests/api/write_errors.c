// SPDX-License-Identifier: GPL-2.0-only
//
// Writing a capture that does not exist, with flags, or to a descriptor that
// cannot be written is an error.
//
// MODES: plain
#include "api.h"
#include <sys/mount.h>

/* A file on a file system of 64 KiB. */
static int file_on_a_small_disk(void)
{
	SYS(mkdir("small", 0755));
	if (mount("tmpfs", "small", "tmpfs", 0, "size=64k") != 0)
		ckpt_skip("a small file system cannot be mounted");
	return new_file("small/image");
}

int main(void)
{
	struct target target = target_frozen(NULL);
	struct ckpt_checkpoint capture = { .size = sizeof(capture), .flags = CHECKPOINT_SUBTREE,
					   .pid = target.pid, .fd = CKPT_FD_NONE,
					   .logfd = CKPT_FD_NONE };
	struct ckpt_write out = { .size = sizeof(out), .id = 12345678, .logfd = CKPT_FD_NONE };

	out.fd = new_file("image");
	CHECK_EQ(ioctl(device(), CKPT_IOC_WRITE, &out), -1);
	CHECK(errno == ENOENT || errno == EINVAL || errno == ESRCH);
	out.id = SYS(ioctl(device(), CKPT_IOC_CAPTURE, &capture));
	out.flags = 1;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_WRITE, &out), EINVAL);
	out.flags = 0;
	out.reserved = 1;
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_WRITE, &out), EINVAL);
	out.reserved = 0;
	out.fd = file_on_a_small_disk();
	CHECK_ERRNO(ioctl(device(), CKPT_IOC_WRITE, &out), ENOSPC);
	SYS(close(out.fd));
	SYS(umount("small"));
	/* Released, although it could not be written. */
	out.fd = new_file("image");
	CHECK_EQ(ioctl(device(), CKPT_IOC_WRITE, &out), -1);
	target_ends_well(&target);
	return ckpt_pass();
}
