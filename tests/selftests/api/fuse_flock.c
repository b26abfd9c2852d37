// SPDX-License-Identifier: GPL-2.0-only
//
// A lock of flock(2) on a file system that keeps such locks elsewhere, as those of networks do, is taken
// there by a restart: the server hears of it.
//
// MODES: plain
#include "faulty.h"
#include <sys/file.h>

static void has_lock(void)
{
	int fd = SYS(open("faulty/image", O_RDWR));

	SYS(flock(fd, LOCK_EX));
	target_waits();
}

static void mounts(uint32_t flags)
{
	faulty_flags = flags;
	faulty_start();
}

static void unmounts(void)
{
	faulty_end();
	SYS(rmdir("faulty"));
}

int main(void)
{
	static char said[4096];
	int image, log;
	pid_t pid;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	/* The kernel keeps them while it is saved: it cannot be asked for others. */
	mounts(0);
	image = image_of_target("image", has_lock);
	unmounts();
	mounts(FUSE_FLOCK_LOCKS);
	log = new_file("log");
	pid = restarting_child();
	if (ckpt_restart_flags(pid, image, log, 0) < 0) {
		int error = errno;

		ckpt_read_file("log", said, sizeof(said));
		ckpt_fail("restart: %s: %s", strerror(error), said);
	}
	CHECK_EQ(faulty->locks, 1);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(exit_status(pid), TARGET_EXIT);
	unmounts();
	return ckpt_pass();
}
