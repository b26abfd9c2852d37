// SPDX-License-Identifier: GPL-2.0-only
//
// A process that is killed while it is being restored, at any moment, has died of that:
// wait(2) tells the signal, and not the job control of the image.
//
// MODES: plain
#include "rights.h"
#include <sched.h>

#define ROUNDS 150

static int64_t clock_ns(void)
{
	struct timespec now;

	SYS(clock_gettime(CLOCK_MONOTONIC, &now));
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* Restores one that waits for ever; it is killed after so many nanoseconds, or when it waits. */
static int64_t restored(int image, int64_t delay, int *status)
{
	pid_t pid, killer = 0;
	int64_t start;
	int ret;

	SYS(lseek(image, 0, SEEK_SET));
	pid = restarting_child();
	start = clock_ns();
	if (delay) {
		killer = SYS(fork());
		if (killer == 0) {
			while (clock_ns() - start < delay)
				;
			_exit(kill(pid, SIGKILL));
		}
	}
	ret = ckpt_restart_flags(pid, image, STDERR_FILENO, RESTART_CHANGED_FILES);
	start = clock_ns() - start;
	if (killer) {
		SYS(waitpid(killer, NULL, 0));
	} else {
		CHECK_EQ(ret, 0);
		SYS(kill(pid, SIGKILL));
	}
	SYS(waitpid(pid, status, 0));
	return start;
}

int main(void)
{
	int image = image_of_target("image", NULL), round, status;
	int64_t span = restored(image, 0, &status);

	for (round = 0; round < ROUNDS; round++) {
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), SIGKILL);
		restored(image, 1 + ckpt_mix(round, 7) % (span + span / 4), &status);
	}
	CHECK(WIFSIGNALED(status));
	return ckpt_pass();
}
