// SPDX-License-Identifier: GPL-2.0-only
//
// kernel.ckpt_unpriv_allowed: 0 asks privileges of both verbs, 1 of restart
// only, 2 of none. Other values are refused. Promise H.1.17.
//
// MODES: plain
#include "api.h"
#include <grp.h>

#define SYSCTL "/proc/sys/kernel/ckpt_unpriv_allowed"

/* The error of a checkpoint of a process that does not exist, and of a restart without an image. */
static void as_nobody(int checkpoint_error, int restart_error)
{
	pid_t child = SYS(fork());
	int status;

	if (child == 0) {
		int image = new_file("image-of-nobody");

		SYS(setgroups(0, NULL));
		SYS(setresgid(65534, 65534, 65534));
		SYS(setresuid(65534, 65534, 65534));
		CHECK_ERRNO(ckpt_checkpoint(4194305, image), checkpoint_error);
		if (restart_error)
			CHECK_ERRNO(ckpt_restart_flags(0, image, -1, RESTART_TASKSELF),
				    restart_error);
		else
			CHECK(ckpt_restart_flags(0, image, -1, RESTART_TASKSELF) < 0 &&
			      errno != EPERM);
		_exit(0);
	}
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(status, 0);
}

static void set(const char *value)
{
	ckpt_write_file(SYSCTL, value, 1);
}

static void tries(void)
{
	int fd = SYS(open(SYSCTL, O_WRONLY));

	set("0");
	as_nobody(EPERM, EPERM);
	set("1");
	as_nobody(ESRCH, EPERM);
	set("2");
	as_nobody(ESRCH, 0);
	CHECK_ERRNO(write(fd, "3", 1), EINVAL);
	CHECK_ERRNO(write(fd, "-1", 2), EINVAL);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
}

int main(void)
{
	char old[16];
	int status;
	pid_t child;

	device();
	ckpt_read_file(SYSCTL, old, sizeof(old));
	CHECK_EQ(atoi(old), 1);
	child = SYS(fork());
	if (child == 0) {
		tries();
		_exit(0);
	}
	SYS(waitpid(child, &status, 0));
	ckpt_write_file(SYSCTL, old, 1);
	CHECK_EQ(status, 0);
	return ckpt_pass();
}
