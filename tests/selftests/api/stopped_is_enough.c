// SPDX-License-Identifier: GPL-2.0-only
//
// A process stopped by SIGSTOP can be saved without a control group, and
// continued.
//
// MODES: plain
#include "api.h"

int main(void)
{
	struct target target = target_start(NULL);
	int fd = new_file("image"), status;

	usleep(20000);
	SYS(kill(target.pid, SIGSTOP));
	CHECK_EQ(waitpid(target.pid, &status, WUNTRACED), target.pid);
	CHECK(WIFSTOPPED(status));
	CHECK(SYS(ckpt_checkpoint(target.pid, fd)) > 0);
	CHECK(lseek(fd, 0, SEEK_END) > 4096);
	SYS(kill(target.pid, SIGCONT));
	target_ends_well(&target);
	return ckpt_pass();
}
