// SPDX-License-Identifier: GPL-2.0-only
//
// A process is saved as soon as wait(2) tells that it has stopped. The kernel tells that a moment
// before the process goes to sleep: a parent of a higher priority on the same processor runs in
// between.
//
// MODES: plain
#include "api.h"
#include <sched.h>

#define ROUNDS 20

int main(void)
{
	const struct sched_param first = { .sched_priority = 1 }, last = { 0 };
	int image = new_file("image"), log = new_file("log"), status;
	static char said[4096];
	cpu_set_t one;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	SYS(sched_setaffinity(0, sizeof(one), &one));
	SYS(sched_setscheduler(0, SCHED_FIFO, &first));
	for (int round = 0; round < ROUNDS; round++) {
		pid_t pid = SYS(fork());

		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			SYS(sched_setscheduler(0, SCHED_OTHER, &last));
			close_range(3, ~0u, 0);
			raise(SIGSTOP);
			_exit(TARGET_EXIT);
		}
		CHECK_EQ(SYS(waitpid(pid, &status, WUNTRACED)), pid);
		CHECK(WIFSTOPPED(status));
		SYS(ftruncate(image, 0));
		SYS(lseek(image, 0, SEEK_SET));
		if (ckpt_checkpoint_flags(pid, image, log, CHECKPOINT_SUBTREE) <= 0) {
			ckpt_read_file("log", said, sizeof(said));
			ckpt_fail("round %d: %s", round, said);
		}
		SYS(kill(pid, SIGCONT));
		CHECK_EQ(exit_status(pid), TARGET_EXIT);
	}
	return ckpt_pass();
}
