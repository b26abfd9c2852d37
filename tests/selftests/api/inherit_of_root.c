// SPDX-License-Identifier: GPL-2.0-only
//
// A descriptor that is named as external has to be open in the root of the tree; that a child
// has closed it does not matter, and that only a child has it does not help.
//
// MODES: plain
#include "../rights/pair.h"

/* The reading end of a pipe whose other end is closed. */
#define OF_ROOT 7
#define OF_CHILD 9

static void root_has_pipe(void)
{
	int ends[2];

	pair_begins();
	SYS(pipe(ends));
	SYS(dup2(ends[0], OF_ROOT));
	close_range(3, OF_ROOT - 1, 0);
	if (SYS(fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		SYS(dup2(OF_ROOT, OF_CHILD));
		SYS(close(OF_ROOT));
		pair_ready("child");
		for (;;)
			pause();
	}
	pair_until("child");
	pair_ready("parent");
	for (;;)
		pause();
}

/* Saves with one descriptor named as external: 0, or the error. */
static int saves(const struct target *target, int named, char *said, size_t size)
{
	struct ckpt_inherit table = { .image_fd = named };
	struct ckpt_checkpoint save = { .size = sizeof(save), .flags = CHECKPOINT_SUBTREE,
					.pid = target->pid, .inherit = (unsigned long)&table,
					.nr_inherit = 1 };
	int error;

	save.fd = new_file("image");
	save.logfd = new_file("log");
	error = ioctl(device(), CKPT_IOC_CHECKPOINT, &save) > 0 ? 0 : errno;
	ckpt_read_file("log", said, size);
	SYS(close(save.fd));
	SYS(close(save.logfd));
	return error;
}

int main(void)
{
	static char said[4096];
	struct target target;
	int error;

	device();
	target = target_start(root_has_pipe);
	pair_until("parent");
	target_freeze(&target, true);
	error = saves(&target, OF_ROOT, said, sizeof(said));
	if (error)
		ckpt_fail("what the root has: %s: %s", strerror(error), said);
	error = saves(&target, OF_CHILD, said, sizeof(said));
	if (error != EBADF || !strstr(said, "fd 9: not open"))
		ckpt_fail("what only a child has: %s: %s", strerror(error), said);
	target_end(&target);
	return ckpt_pass();
}
