// SPDX-License-Identifier: GPL-2.0-only
//
// Whoever coordinates a restart that fails kills those who have come for it, but
// nobody whom he could not attach to: another user's process that waits at the
// same open device is told that it was in vain.
//
// MODES: plain
// LIBS: -lpthread
#include "../api/family.h"
#include "rights.h"

static void interrupted(int signal)
{
	(void)signal;
}

/* A process that offers itself through the open device; it exits with the error of its call. */
static pid_t offers_itself(const struct family_entry *entry, enum member as, uid_t user)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		struct ckpt_restart argument = {
			.size = sizeof(argument), .fd = CKPT_FD_NONE, .logfd = CKPT_FD_NONE,
			.cgroup_fd = CKPT_FD_NONE, .image_pid = tree->task[SAVED(as)].pid,
		};

		become(user);
		ioctl(entry->device, CKPT_IOC_RESTART, &argument);
		_exit(errno);
	}
	wait_until_stuck(pid);
	return pid;
}

int main(void)
{
	int image = image_of_family("image");
	struct family_entry entry = family_entry();
	pid_t coordinator, stranger;

	everybody_is_allowed();
	stranger = offers_itself(&entry, UNCLE, SOMEBODY);
	coordinator = SYS(fork());
	if (coordinator == 0) {
		struct sigaction action = { .sa_handler = interrupted };
		pid_t own = offers_itself(&entry, GRANDPA, NOBODY);

		become(NOBODY);
		SYS(sigaction(SIGUSR1, &action, NULL));
		/* The others never come. */
		CHECK_EQ(family_coordinates(own, image, &entry, STDERR_FILENO), EINTR);
		CHECK_EQ(exit_status(own), 1000 + SIGKILL);
		_exit(0);
	}
	wait_until_stuck(coordinator);
	SYS(kill(coordinator, SIGUSR1));
	CHECK_EQ(exit_status(coordinator), 0);
	CHECK_EQ(exit_status(stranger), EAGAIN);
	everybody_is_disallowed();
	return ckpt_pass();
}
