// SPDX-License-Identifier: GPL-2.0-only
//
// A cgroup that is frozen besides is let go, whatever process closes the device: also one that a security
// module does not let write to the file. What has opened the file may.
// MODES: plain
// LIBS: -lpthread
#include "freeze.h"
#include "confined.h"

#define OPENER	"ckpt-open"
#define CLOSER	"ckpt-shut"

/* The last process that has the device open. */
static pid_t closer(const int *ends)
{
	pid_t pid = SYS(fork());
	char byte;

	if (pid == 0) {
		SYS(close(ends[1]));
		enter_profile_of(CLOSER);
		_exit(read(ends[0], &byte, 1) != 0);
	}
	SYS(close(ends[0]));
	return pid;
}

/* Opens the file; a file that no profile was asked for is open to all of them. */
static pid_t opener(int device_fd, pid_t target, const char *path)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		enter_profile_of(OPENER);
		_exit(freeze_with(device_fd, target, open(path, O_WRONLY | O_CLOEXEC), CKPT_FD_NONE, 0) != 1);
	}
	return pid;
}

int main(void)
{
	char path[PATH_MAX + 32], text[16];
	struct target target;
	int fd, ends[2];
	pid_t last;

	if (!has_apparmor())
		ckpt_skip("no AppArmor here");
	load_profile_as(OPENER, MODE_COMPLAIN);
	load_profile_as(CLOSER, MODE_ENFORCE);
	target = target_start(NULL);
	snprintf(path, sizeof(path), "%s/cgroup.freeze", target.cgroup);
	fd = own_device();
	SYS(pipe2(ends, O_CLOEXEC));
	last = closer(ends);
	CHECK_EQ(exit_status(opener(fd, target.pid, path)), 0);
	SYS(close(fd));
	ckpt_read_file(path, text, sizeof(text));
	CHECK_STR(text, "1\n");
	SYS(close(ends[1]));
	CHECK_EQ(exit_status(last), 0);
	ckpt_read_file(path, text, sizeof(text));
	CHECK_STR(text, "0\n");
	target_ends_well(&target);
	return ckpt_pass();
}
