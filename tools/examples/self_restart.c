// SPDX-License-Identifier: GPL-2.0-only
/*
 * Becomes the program in an image that holds a single process, such as self_checkpoint writes: the
 * restarted program takes the place of this one, with its pid and its standard descriptors.
 *
 *	cc -o self_restart self_restart.c
 *	./self_restart [IMAGE]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ckpt.h>

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "self.ckpt";
	struct ckpt_inherit inherit[] = {
		{ .image_fd = STDIN_FILENO, .fd = STDIN_FILENO },
		{ .image_fd = STDOUT_FILENO, .fd = STDOUT_FILENO },
		{ .image_fd = STDERR_FILENO, .fd = STDERR_FILENO },
	};
	struct ckpt_restart args = {
		.size = sizeof(args),
		/* No time namespace is made here: the clocks are those of the machine. */
		.flags = RESTART_TASKSELF | RESTART_CLOCKS_BACK,
		.pid = 0,
		.logfd = STDERR_FILENO,
		.cgroup_fd = CKPT_FD_NONE,
		.nr_inherit = sizeof(inherit) / sizeof(inherit[0]),
		.inherit = (unsigned long)inherit,
	};
	int device;

	device = open(CKPT_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0) {
		fprintf(stderr, "self_restart: %s: %s\n", CKPT_DEVICE, strerror(errno));
		return 1;
	}
	args.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (args.fd < 0) {
		fprintf(stderr, "self_restart: %s: %s\n", path, strerror(errno));
		return 1;
	}

	/* Comes back only when it fails early; when it fails late, this process is killed. */
	ioctl(device, CKPT_IOC_RESTART, &args);
	fprintf(stderr, "self_restart: %s: %s\n", path, strerror(errno));
	return 1;
}
