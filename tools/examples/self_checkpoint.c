// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that saves itself: it counts, and after the third number it writes an image of itself.
 * The ioctl returns twice, as fork() does: an id greater than 0 to the program that goes on
 * counting, 0 to the one that self_restart makes of the image.
 *
 *	cc -o self_checkpoint self_checkpoint.c
 *	./self_checkpoint [IMAGE]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ckpt.h>

/*
 * Returns what the ioctl returned: > 0 when the image was written, 0 after the restart, -1 with
 * errno when it failed.
 */
static int save(const char *path)
{
	/* These belong to the program's parent: another terminal after the restart. */
	struct ckpt_inherit inherit[] = {
		{ .image_fd = STDIN_FILENO },
		{ .image_fd = STDOUT_FILENO },
		{ .image_fd = STDERR_FILENO },
	};
	struct ckpt_checkpoint args = {
		.size = sizeof(args),
		.flags = CHECKPOINT_SUBTREE,
		.pid = 0,
		.logfd = STDERR_FILENO,
		.nr_inherit = sizeof(inherit) / sizeof(inherit[0]),
		.inherit = (unsigned long)inherit,
	};
	int device, id, err;

	device = open(CKPT_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		return -1;
	args.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (args.fd < 0) {
		err = errno;
		close(device);
		errno = err;
		return -1;
	}

	id = ioctl(device, CKPT_IOC_CHECKPOINT, &args);
	err = errno;

	close(args.fd);
	close(device);
	errno = err;
	return id;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "self.ckpt";
	int count, id;

	/* What stands in a buffer at the checkpoint would be printed twice. */
	setvbuf(stdout, NULL, _IOLBF, 0);

	for (count = 1; count <= 6; count++) {
		printf("%d\n", count);
		if (count == 3) {
			id = save(path);
			if (id < 0) {
				fprintf(stderr, "self_checkpoint: %s\n", strerror(errno));
				return 1;
			}
			if (id > 0)
				printf("the ioctl returned %d: %s is written\n", id, path);
			else
				printf("the ioctl returned 0: this is the restarted program\n");
		}
		sleep(1);
	}
	return 0;
}
