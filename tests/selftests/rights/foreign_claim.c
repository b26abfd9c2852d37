// SPDX-License-Identifier: GPL-2.0-only
//
// Who may not save a process cannot keep others from saving it either: he is told
// EPERM before anything else, also while somebody is at it, and never holds the
// claim that would make the others EBUSY.
//
// MODES: plain
#include "rights.h"

int main(void)
{
	struct target target = target_frozen(holds_memory);
	int ends[2], fd = new_file("image");
	pid_t saver, stranger;

	device();
	full_pipe(ends);
	saver = SYS(fork());
	if (saver == 0)
		_exit(ckpt_checkpoint(target.pid, ends[1]) > 0 ? 0 : errno);
	wait_until_stuck(saver);
	stranger = SYS(fork());
	if (stranger == 0) {
		become(NOBODY);
		CHECK_ERRNO(ckpt_checkpoint(target.pid, fd), EPERM);
		_exit(0);
	}
	CHECK_EQ(exit_status(stranger), 0);
	SYS(kill(saver, SIGKILL));
	SYS(waitpid(saver, NULL, 0));
	target_ends_well(&target);
	return ckpt_pass();
}
