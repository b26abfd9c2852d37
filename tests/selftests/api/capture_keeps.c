// SPDX-License-Identifier: GPL-2.0-only
//
// A capture shows the process as it was, however it changes its memory
// afterwards.
//
// MODES: plain
#include "api.h"

#define WORDS (256 * CKPT_PAGE / sizeof(uint64_t))

/* All words of the memory are equal, but while it counts them up from the front. */
static void counts(void)
{
	volatile uint64_t *word = ckpt_anon(WORDS * sizeof(uint64_t));
	uint64_t round;
	size_t i;

	for (round = 1; access("target-go", F_OK) != 0; round++) {
		for (i = 0; i < WORDS; i++) {
			if (word[i] != round - 1)
				_exit(1);
			word[i] = round;
		}
	}
	_exit(TARGET_EXIT);
}

int main(void)
{
	struct target target = target_frozen(counts);
	struct ckpt_checkpoint capture = { .size = sizeof(capture), .flags = CHECKPOINT_SUBTREE,
					   .pid = target.pid, .fd = CKPT_FD_NONE,
					   .logfd = STDERR_FILENO };
	struct ckpt_write out = { .size = sizeof(out), .logfd = STDERR_FILENO };
	pid_t child;

	out.id = SYS(ioctl(device(), CKPT_IOC_CAPTURE, &capture));
	target_freeze(&target, false);
	usleep(300000);
	out.fd = new_file("image");
	SYS(ioctl(device(), CKPT_IOC_WRITE, &out));
	/* The original has counted on without an error. */
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(target.pid), TARGET_EXIT);
	SYS(unlink("target-go"));
	remove_cgroup(&target);
	SYS(lseek(out.fd, 0, SEEK_SET));
	child = restarting_child();
	/* The log of the capture is in the file that is the target's output. */
	CHECK_EQ(SYS(ckpt_restart_flags(child, out.fd, STDERR_FILENO, RESTART_CHANGED_FILES)), 0);
	usleep(100000);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(child), TARGET_EXIT);
	return ckpt_pass();
}
