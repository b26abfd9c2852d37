// SPDX-License-Identifier: GPL-2.0-only
//
// A process of somebody else cannot be frozen, nor a tree that has one in it; none of it stands still.
// MODES: plain
// LIBS: -lpthread
#include "rights.h"
#include "../api/freeze.h"

/* As an ordinary user, who has the device open. */
static void tries(pid_t pid, int error)
{
	pid_t user = SYS(fork());
	int fd = own_device();

	if (user == 0) {
		become(NOBODY);
		if (error)
			CHECK_ERRNO(freeze(fd, pid), error);
		else
			CHECK_EQ(freeze(fd, pid), 2);
		_exit(0);
	}
	SYS(close(fd));
	CHECK_EQ(exit_status(user), 0);
}

/* Of the user, with a child that is not. */
static pid_t tree_of_two(bool is_theirs)
{
	pid_t pid = SYS(fork()), parent;

	if (pid == 0) {
		close_range(3, ~0u, 0);
		parent = getpid();
		if (fork() == 0) {
			if (is_theirs)
				become(NOBODY);
			/* The parent may not send what it is killed by. */
			while (getppid() == parent)
				runs[1]++;
			_exit(0);
		}
		become(NOBODY);
		count_runs(0);
	}
	return pid;
}

static void both_run(void)
{
	int number, looks;

	for (number = 0; number < 2; number++) {
		unsigned long before = runs[number];

		for (looks = 0; runs[number] == before; looks++) {
			CHECK(looks < ckpt_patience(5000));
			usleep(1000);
		}
	}
}

int main(void)
{
	pid_t pid = tree_that_runs();

	all_run();
	tries(pid, EPERM);
	all_run();
	end_tree(pid);

	pid = tree_of_two(false);
	both_run();
	tries(pid, EPERM);
	both_run();
	end_tree(pid);

	pid = tree_of_two(true);
	both_run();
	tries(pid, 0);
	both_run();
	end_tree(pid);
	return ckpt_pass();
}
