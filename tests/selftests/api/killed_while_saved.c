// SPDX-License-Identifier: GPL-2.0-only
//
// The process that is being saved is killed while the module looks at it, at many moments: the
// checkpoint fails, or was through before.
//
// MODES: plain
#include "api.h"

#define PAGES 1024
#define ROUNDS 16

static void holds_memory(void)
{
	ckpt_fill_pattern(ckpt_anon(PAGES * CKPT_PAGE), PAGES * CKPT_PAGE, 62);
	target_waits();
}

/* Copies a target's memory, in a process of its own. */
static pid_t captures(pid_t target)
{
	struct ckpt_checkpoint capture = { .size = sizeof(capture), .flags = CHECKPOINT_SUBTREE,
					   .pid = target, .fd = CKPT_FD_NONE,
					   .logfd = new_file("log") };
	int fd = device();
	pid_t pid = SYS(fork());

	if (pid == 0)
		_exit(ioctl(fd, CKPT_IOC_CAPTURE, &capture) > 0 ? 0 : errno);
	SYS(close(capture.logfd));
	return pid;
}

int main(void)
{
	static char text[4096];
	int64_t begin, span;
	int round, status;

	for (round = 0; round <= ROUNDS; round++) {
		struct target target = target_frozen(holds_memory);
		pid_t pid;

		begin = ckpt_now_ms();
		pid = captures(target.pid);
		if (round > 0) {
			usleep(span * 1000 * round / ROUNDS);
			SYS(kill(target.pid, SIGKILL));
		}
		status = exit_status(pid);
		if (round == 0) {
			CHECK_EQ(status, 0);
			span = ckpt_now_ms() - begin;
		}
		if (status != 0 && status != EBUSY && status != ESRCH && status != EFAULT) {
			ckpt_read_file("log", text, sizeof(text));
			ckpt_fail("round %d: %s: %s", round, strerror(status), text);
		}
		target_end(&target);
	}
	return ckpt_pass();
}
