// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe whose reader goes away gives EPIPE; the process is unharmed.
//
// MODES: plain
#include "api.h"

static unsigned char *memory;

/* More than a pipe holds. */
static void holds_memory(void)
{
	memory = ckpt_anon(256 * CKPT_PAGE);
	ckpt_fill_pattern(memory, 256 * CKPT_PAGE, 61);
	target_waits();
}

/* Saves a target to a pipe in a process of its own; it stands still when the pipe is full. */
static pid_t saves_to(pid_t target, const int *end)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		close(end[0]);
		signal(SIGPIPE, SIG_IGN);
		_exit(ckpt_checkpoint(target, end[1]) > 0 ? 0 : errno);
	}
	return pid;
}

/* Until somebody sleeps in a write to the full pipe. */
static void wait_until_full(int fd)
{
	int bytes = -1, before, same = 0;

	while (same < 20) {
		before = bytes;
		usleep(10000);
		SYS(ioctl(fd, FIONREAD, &bytes));
		same = bytes > 0 && bytes == before ? same + 1 : 0;
	}
}

int main(void)
{
	struct target target = target_frozen(holds_memory);
	pid_t writer;
	int end[2];

	SYS(pipe(end));
	writer = saves_to(target.pid, end);
	SYS(close(end[1]));
	wait_until_full(end[0]);
	SYS(close(end[0]));
	CHECK_EQ(exit_status(writer), EPIPE);
	target_ends_well(&target);
	return ckpt_pass();
}
