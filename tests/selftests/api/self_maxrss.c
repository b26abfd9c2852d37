// SPDX-License-Identifier: GPL-2.0-only
//
// What a process used at most, before another program was restored onto it, counts as it does
// over execve(2): its parent learns of it (ru_maxrss).
//
// MODES: plain
#include "api.h"
#include <sys/resource.h>

#define LARGE (64ul << 20)

int main(void)
{
	int image = image_of_target("image", NULL), status;
	struct rusage usage;
	pid_t child;

	device();
	ckpt_write_file("target-go", "", 0);
	child = SYS(fork());
	if (child == 0) {
		memset(ckpt_anon(LARGE), 1, LARGE);
		ckpt_restart_flags(0, image, STDERR_FILENO, RESTART_TASKSELF);
		ckpt_fail("restart: %s", strerror(errno));
	}
	CHECK_EQ(SYS(wait4(child, &status, 0, &usage)), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), TARGET_EXIT);
	if (usage.ru_maxrss < (long)(LARGE >> 10))
		ckpt_fail("ru_maxrss is %ld", usage.ru_maxrss);
	return ckpt_pass();
}
