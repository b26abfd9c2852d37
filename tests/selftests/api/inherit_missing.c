// SPDX-License-Identifier: GPL-2.0-only
//
// An image with an external descriptor cannot be restarted unless one is given
// for it.
//
// MODES: plain
#include "api.h"

static void reads_stdin(void)
{
	unsigned char byte = 0;
	int end[2];

	/* A pipe, which could not be saved. */
	SYS(pipe(end));
	SYS(dup2(end[0], STDIN_FILENO));
	SYS(close(end[0]));
	SYS(close(end[1]));
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	read(STDIN_FILENO, &byte, 1);
	_exit(byte);
}

int main(void)
{
	struct target target = target_frozen(reads_stdin);
	struct ckpt_inherit table = { .image_fd = 0 };
	struct ckpt_checkpoint save = { .size = sizeof(save), .flags = CHECKPOINT_SUBTREE,
					.pid = target.pid, .logfd = STDERR_FILENO,
					.inherit = (unsigned long)&table, .nr_inherit = 1 };
	struct ckpt_restart restart = { .size = sizeof(restart), .logfd = CKPT_FD_NONE,
					.cgroup_fd = CKPT_FD_NONE,
					.inherit = (unsigned long)&table };

	save.fd = new_file("image");
	CHECK(SYS(ioctl(device(), CKPT_IOC_CHECKPOINT, &save)) > 0);
	target_end(&target);
	restart.fd = save.fd;
	ckpt_write_file("target-go", "", 0);

	SYS(lseek(save.fd, 0, SEEK_SET));
	restart.pid = restarting_child();
	CHECK(ioctl(device(), CKPT_IOC_RESTART, &restart) < 0);
	CHECK_EQ(exit_status(restart.pid), 1000 + SIGKILL);

	/* A file takes its place. */
	SYS(lseek(save.fd, 0, SEEK_SET));
	ckpt_write_file("instead", "Q", 1);
	table.fd = SYS(open("instead", O_RDONLY));
	restart.nr_inherit = 1;
	restart.logfd = STDERR_FILENO;
	restart.pid = restarting_child();
	CHECK_EQ(SYS(ioctl(device(), CKPT_IOC_RESTART, &restart)), 0);
	CHECK_EQ(exit_status(restart.pid), 'Q');
	return ckpt_pass();
}
