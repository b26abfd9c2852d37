// SPDX-License-Identifier: GPL-2.0-only
//
// A process that is not frozen is EBUSY, whether it runs or sleeps; the log says
// so.
//
// MODES: plain
#include "api.h"

static void spins(void)
{
	for (;;)
		;
}

int main(void)
{
	struct target asleep = target_start(NULL), busy = target_start(spins);
	int fd = new_file("image"), log = new_file("log");
	char text[1024], wanted[32];

	usleep(50000);
	CHECK_ERRNO(ckpt_checkpoint_flags(asleep.pid, fd, log, CHECKPOINT_SUBTREE), EBUSY);
	CHECK_ERRNO(ckpt_checkpoint(busy.pid, fd), EBUSY);
	ckpt_read_file("log", text, sizeof(text));
	snprintf(wanted, sizeof(wanted), "%d", asleep.pid);
	if (!strstr(text, wanted))
		ckpt_fail("the log does not name pid %s: %s", wanted, text);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	target_end(&busy);
	target_ends_well(&asleep);
	return ckpt_pass();
}
