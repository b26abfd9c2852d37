// SPDX-License-Identifier: GPL-2.0-only
//
// A process that saves itself gets an id; its copy, made by restoring the image
// onto another process, gets 0 from the same call.
//
// MODES: plain
#include "api.h"

int main(void)
{
	int fd = new_file("image"), state, id;
	unsigned char *memory = ckpt_anon(64 * CKPT_PAGE);
	pid_t original = getpid(), child;

	ckpt_fill_pattern(memory, 64 * CKPT_PAGE, 60);
	state = new_file("state");
	CHECK_EQ(write(state, "abc", 3), 3);
	id = ckpt_checkpoint(0, fd);
	if (id < 0)
		ckpt_fail("checkpoint of ourselves: %s", strerror(errno));
	if (id == 0) {
		/* The copy. It is somebody else's child. */
		CHECK(getpid() != original);
		ckpt_check_pattern(memory, 64 * CKPT_PAGE, 60);
		CHECK_EQ(lseek(state, 0, SEEK_CUR), 3);
		_exit(TARGET_EXIT);
	}
	memset(memory, 0, 64 * CKPT_PAGE);
	child = SYS(fork());
	if (child == 0) {
		int image = SYS(open("image", O_RDONLY));

		ckpt_restart_flags(0, image, STDERR_FILENO, RESTART_TASKSELF);
		ckpt_fail("restart: %s", strerror(errno));
	}
	CHECK_EQ(exit_status(child), TARGET_EXIT);
	/* We are what we were. */
	CHECK_EQ(memory[99], 0);
	CHECK_EQ(lseek(state, 0, SEEK_CUR), 3);
	return ckpt_pass();
}
