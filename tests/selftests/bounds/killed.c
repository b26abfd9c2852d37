// SPDX-License-Identifier: GPL-2.0-only
//
// SIGKILL ends a huge checkpoint, a huge capture and a huge restart within a
// second, wherever it comes.
//
// MODES: plain
#include "bounds.h"

#define SIZE (160l << 20)
/* Milliseconds: far more than a second, for a machine that emulates others at the same time. */
#define LIMIT 20000

static unsigned char *memory;

static void holds_megabytes(void)
{
	long offset;

	memory = ckpt_anon(SIZE);
	for (offset = 0; offset < SIZE; offset += CKPT_PAGE)
		memory[offset] = 1;
	ckpt_write_file("filled", "", 0);
	target_waits();
}

static int checkpoints(pid_t target)
{
	return ckpt_checkpoint(target, SYS(open("/dev/null", O_WRONLY)));
}

static int captures(pid_t target)
{
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .flags = CHECKPOINT_SUBTREE,
					    .pid = target, .fd = CKPT_FD_NONE,
					    .logfd = CKPT_FD_NONE };

	return ioctl(device(), CKPT_IOC_CAPTURE, &argument);
}

static int restarts(pid_t target)
{
	(void)target;
	return ckpt_restart_flags(0, SYS(open("image", O_RDONLY)), CKPT_FD_NONE,
				  RESTART_TASKSELF);
}

/* Killed at ten moments of the time that it takes. */
static void killed(const char *what, int (*run)(pid_t), pid_t target)
{
	int moment, status;

	for (moment = 0; moment < 10; moment++) {
		pid_t pid = SYS(fork());

		if (pid == 0) {
			run(target);
			for (;;)
				pause();
		}
		usleep(10000 + moment * 40000);
		SYS(kill(pid, SIGKILL));
		if (ends_within(pid, 20 * LIMIT, &status) > LIMIT)
			ckpt_fail("%s does not end in time", what);
	}
}

int main(void)
{
	struct target target = target_start(holds_megabytes);
	int fd = new_file("image");

	while (access("filled", F_OK) != 0)
		usleep(10000);
	target_freeze(&target, true);
	device();
	killed("the checkpoint", checkpoints, target.pid);
	killed("the capture", captures, target.pid);
	SYS(ckpt_checkpoint(target.pid, fd));
	killed("the restart", restarts, target.pid);
	target_ends_well(&target);
	return ckpt_pass();
}
