// SPDX-License-Identifier: GPL-2.0-only
//
// Another user's process is EPERM, one's own is not.
//
// MODES: plain
#include "stuck.h"
#include <grp.h>

static void as_nobody(void)
{
	SYS(setgroups(0, NULL));
	SYS(setresgid(65534, 65534, 65534));
	SYS(setresuid(65534, 65534, 65534));
	/* Changing the user has made it undumpable, which keeps others out. */
	prctl(PR_SET_DUMPABLE, 1);
	for (;;)
		pause();
}

int main(void)
{
	struct target target = target_frozen(NULL), own;
	int fd = new_file("image"), status;
	pid_t child;

	device();
	own = target_start(as_nobody);
	while (!is_in_call(own.pid, SYS_pause))
		usleep(1000);
	target_freeze(&own, true);
	child = SYS(fork());
	if (child == 0) {
		SYS(setresgid(65534, 65534, 65534));
		SYS(setresuid(65534, 65534, 65534));
		CHECK_ERRNO(ckpt_checkpoint(target.pid, fd), EPERM);
		CHECK_ERRNO(ckpt_checkpoint(1, fd), EPERM);
		CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
		CHECK(SYS(ckpt_checkpoint(own.pid, fd)) > 0);
		_exit(0);
	}
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(status, 0);
	target_end(&own);
	target_ends_well(&target);
	return ckpt_pass();
}
