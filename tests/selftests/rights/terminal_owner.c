// SPDX-License-Identifier: GPL-2.0-only
//
// Owner and permissions of a terminal are set as chmod(2) and chown(2) do: not where its file system is
// mounted for reading only, and nothing is left of the terminal then.
//
// MODES: plain
#include "rights.h"
#include "../tty/tty.h"
#include <sched.h>
#include <sys/mount.h>

/* What the slave has that no new one has. */
static uid_t owner;
static mode_t permissions;

static void has_terminal(void)
{
	int master, slave;
	struct stat stat;

	tty_pair(&master, &slave);
	SYS(fchown(slave, owner, owner));
	SYS(fchmod(slave, permissions));
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	SYS(fstat(slave, &stat));
	_exit(stat.st_uid == owner && stat.st_gid == owner &&
	      stat.st_mode == (S_IFCHR | permissions) ? TARGET_EXIT : 1);
}

/* The error of a restart. */
static int restarts(int image)
{
	pid_t pid = restarting_child();
	int log = new_file("log"), error, status;

	SYS(lseek(image, 0, SEEK_SET));
	error = ckpt_restart_flags(pid, image, log, 0) < 0 ? errno : 0;
	SYS(close(log));
	status = exit_status(pid);
	if (error)
		return error;
	return status == TARGET_EXIT ? 0 : 200;
}

/* A mount namespace whose terminals belong to a mount that nothing is written through. */
static void mount_for_reading(void)
{
	SYS(unshare(CLONE_NEWNS));
	SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	SYS(mount("/dev/pts", "/dev/pts", NULL, MS_BIND, NULL));
	SYS(mount(NULL, "/dev/pts", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

static void is_refused(mode_t mode, uid_t user)
{
	static char said[4096];
	int image, error;
	pid_t pid;

	permissions = mode;
	owner = user;
	unlink("target-go");
	image = image_of_target("image", has_terminal);
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(restarts(image), 0);
	pid = SYS(fork());
	if (pid == 0) {
		mount_for_reading();
		_exit(restarts(image));
	}
	error = exit_status(pid);
	ckpt_read_file("log", said, sizeof(said));
	if (error != EROFS || !strstr(said, "owner and permissions of the terminal"))
		ckpt_fail("mode %#o, user %u: error %d: %s", mode, user, error, said);
	SYS(close(image));
}

int main(void)
{
	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	is_refused(0611, 0);
	is_refused(0620, NOBODY);
	is_refused(06755, NOBODY);
	return ckpt_pass();
}
