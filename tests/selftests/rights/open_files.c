// SPDX-License-Identifier: GPL-2.0-only
//
// An image cannot have more files opened for a process than it may have open:
// EMFILE before the first one too many, not when descriptors are installed.
//
// MODES: plain
#include "rights.h"
#include <sys/resource.h>

#define FILES 40

static void opens_files(void)
{
	char name[32];
	int i;

	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		SYS(open(name, O_RDWR | O_CREAT, 0666));
	}
	become(NOBODY);
	target_waits();
}

int main(void)
{
	int image, log = new_file("log"), device_fd;
	static char said[4096];
	pid_t user;

	everybody_is_allowed();
	SYS(umask(0));
	image = image_of_target("image", opens_files);
	user = SYS(fork());
	if (user == 0) {
		/* Whoever restores keeps the device open, and little else. */
		const struct rlimit few = { FILES - 5, FILES - 5 };
		pid_t restarted;

		device_fd = device();
		CHECK(device_fd < FILES - 5);
		become(NOBODY);
		SYS(setrlimit(RLIMIT_NOFILE, &few));
		restarted = restarting_child();
		CHECK_ERRNO(ckpt_restart_flags(restarted, image, log, 0), EMFILE);
		SYS(waitpid(restarted, NULL, 0));
		_exit(0);
	}
	CHECK_EQ(exit_status(user), 0);
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, "RLIMIT_NOFILE"))
		ckpt_fail("the log does not tell why: %s", said);
	everybody_is_disallowed();
	return ckpt_pass();
}
