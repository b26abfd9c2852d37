// SPDX-License-Identifier: GPL-2.0-only
//
// A restart by which a clock would go back is ERANGE, unless the caller wants
// it; who restores itself is asked as well, and so is each of the two clocks.
//
// MODES: plain
#include "../task/timens.h"
#include "api.h"

static long monotonic, boottime;

/* A target with clocks of its own. */
static void elsewhere(void)
{
	int fd;

	timens_unshare(monotonic, boottime);
	fd = SYS(open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC));
	SYS(setns(fd, CLONE_NEWTIME));
	SYS(close(fd));
	target_waits();
}

static int restart_self(int image, unsigned int flags)
{
	pid_t child;

	SYS(lseek(image, 0, SEEK_SET));
	child = SYS(fork());
	if (child == 0) {
		ckpt_restart_flags(0, image, CKPT_FD_NONE, RESTART_TASKSELF | flags);
		_exit(errno);
	}
	return exit_status(child);
}

static void restart_onto_child(int image, const char *clock)
{
	int log = new_file("log");
	pid_t child = restarting_child();
	char text[4096];

	SYS(lseek(image, 0, SEEK_SET));
	CHECK_ERRNO(ckpt_restart_flags(child, image, log, 0), ERANGE);
	/* Refused before anything was restored: the task that came is gone all the same. */
	CHECK(exit_status(child) != TARGET_EXIT);
	ckpt_read_file("log", text, sizeof(text));
	CHECK(strstr(text, clock));
	CHECK(strstr(text, "would go back"));
	SYS(close(log));
}

static void try_clock(long ahead, long boot, const char *clock)
{
	int image;
	pid_t child;

	monotonic = ahead;
	boottime = boot;
	image = image_of_target("image", elsewhere);
	restart_onto_child(image, clock);
	CHECK_EQ(restart_self(image, 0), ERANGE);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(restart_self(image, RESTART_CLOCKS_BACK), TARGET_EXIT);
	child = restarting_child();
	SYS(lseek(image, 0, SEEK_SET));
	CHECK_EQ(ckpt_restart_flags(child, image, CKPT_FD_NONE, RESTART_CLOCKS_BACK), 0);
	CHECK_EQ(exit_status(child), TARGET_EXIT);
	SYS(unlink("target-go"));
	SYS(close(image));
}

int main(void)
{
	int image;

	try_clock(TIMENS_FAR, 0, "CLOCK_MONOTONIC");
	try_clock(0, TIMENS_FAR, "CLOCK_BOOTTIME");
	/* A time that is past already is none to go back to. */
	monotonic = boottime = timens_back();
	image = image_of_target("image", elsewhere);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(restart_self(image, 0), TARGET_EXIT);
	return ckpt_pass();
}
