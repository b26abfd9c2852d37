// SPDX-License-Identifier: GPL-2.0-only
//
// Tasks to restore onto have to be in one time namespace, with their future
// children; clocks are compared with those of that namespace, not with the caller's.
//
// MODES: plain
#include "../task/timens.h"
#include "api.h"

static void elsewhere(void)
{
	int fd;

	timens_unshare(TIMENS_FAR, TIMENS_FAR);
	fd = SYS(open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC));
	SYS(setns(fd, CLONE_NEWTIME));
	SYS(close(fd));
	target_waits();
}

/* A child that does this, and then makes itself available. */
static pid_t child_that(void (*prepares)(void))
{
	pid_t child;

	device();
	child = SYS(fork());
	if (child == 0) {
		prepares();
		child_restarts();
	}
	return child;
}

static void is_half_way(void)
{
	timens_unshare(2 * TIMENS_FAR, 2 * TIMENS_FAR);
}

static void enters(void)
{
	int fd;

	is_half_way();
	fd = SYS(open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC));
	SYS(setns(fd, CLONE_NEWTIME));
	SYS(close(fd));
}

int main(void)
{
	int image = image_of_target("image", elsewhere);
	pid_t child = child_that(is_half_way);

	CHECK_ERRNO(ckpt_restart_flags(child, image, CKPT_FD_NONE, 0), EINVAL);
	CHECK(exit_status(child) != TARGET_EXIT);
	ckpt_write_file("target-go", "", 0);
	SYS(lseek(image, 0, SEEK_SET));
	child = child_that(enters);
	CHECK_EQ(ckpt_restart_flags(child, image, CKPT_FD_NONE, 0), 0);
	CHECK_EQ(exit_status(child), TARGET_EXIT);
	return ckpt_pass();
}
