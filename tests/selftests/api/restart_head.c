// SPDX-License-Identifier: GPL-2.0-only
//
// A part of the image may be handed over in memory; it may end anywhere. More than
// the image leaves the file where files can be.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = image_of_target("image", NULL), i;
	static char all[1 << 20];
	ssize_t length = SYS(pread(fd, all, sizeof(all), 0));
	const ssize_t heads[] = { 0, 1, 7, 8, 100, 4096, length / 2, length - 1, length };

	CHECK(length > 8192);
	ckpt_write_file("target-go", "", 0);
	for (i = 0; i < (int)ARRAY_SIZE(heads); i++) {
		struct ckpt_restart argument = { .size = sizeof(argument), .fd = fd,
						 .logfd = STDERR_FILENO,
						 .cgroup_fd = CKPT_FD_NONE };

		/* More than the buffer holds comes from the file. */
		if (heads[i] > length || length == sizeof(all))
			continue;
		SYS(lseek(fd, heads[i], SEEK_SET));
		argument.head = (unsigned long)all;
		argument.head_len = heads[i];
		argument.pid = restarting_child();
		CHECK_EQ(SYS(ioctl(device(), CKPT_IOC_RESTART, &argument)), 0);
		CHECK_EQ(exit_status(argument.pid), TARGET_EXIT);
	}
	/* All of it, and something behind it that the file has not. */
	if (length + 4096 < (ssize_t)sizeof(all)) {
		struct ckpt_restart argument = { .size = sizeof(argument), .fd = new_file("empty"),
						 .head = (unsigned long)all,
						 .head_len = length + 4096,
						 .logfd = STDERR_FILENO,
						 .cgroup_fd = CKPT_FD_NONE };

		argument.pid = restarting_child();
		CHECK_EQ(SYS(ioctl(device(), CKPT_IOC_RESTART, &argument)), 0);
		CHECK_EQ(exit_status(argument.pid), TARGET_EXIT);
		CHECK_EQ(lseek(argument.fd, 0, SEEK_CUR), 0);
	}
	return ckpt_pass();
}
