// SPDX-License-Identifier: GPL-2.0-only
//
// A process whose threads execute programs again and again: the one that executes takes the number of the
// leader. Either all of it stands still, or the caller is told that it could not be held.
// MODES: plain
// LIBS: -lpthread
#include "freeze.h"

#define COUNT_FD	9
#define ROUNDS		60

static void *executes(void *unused)
{
	static char *const arguments[] = { "freeze_exec", "again", NULL };

	(void)unused;
	if (write(COUNT_FD, "x", 1) == 1)
		execv("/proc/self/exe", arguments);
	_exit(1);
}

static int again(void)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pthread_create(&thread, NULL, executes, NULL) == 0)
		pause();
	return 1;
}

static pid_t executing(int count)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		SYS(dup2(count, COUNT_FD));
		close_range(COUNT_FD + 1, ~0u, 0);
		executes(NULL);
	}
	return pid;
}

static off_t executed(int count)
{
	return SYS(lseek(count, 0, SEEK_END));
}

static void waits_for_more(int count, off_t before)
{
	int tries;

	for (tries = 0; executed(count) == before; tries++) {
		CHECK(tries < ckpt_patience(5000));
		usleep(1000);
	}
}

int main(int argc, char **argv)
{
	int count, round, held = 0;
	off_t before;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "again") == 0)
		return again();
	device();
	count = SYS(open("count", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
	pid = executing(count);
	waits_for_more(count, 0);
	for (round = 0; round < ROUNDS; round++) {
		int fd = own_device();

		if (freeze(fd, pid) == 1) {
			held++;
			before = executed(count);
			usleep(2000);
			CHECK_EQ(executed(count), before);
		} else {
			CHECK_EQ(errno, ESRCH);
		}
		before = executed(count);
		SYS(close(fd));
		waits_for_more(count, before);
	}
	CHECK(held > 0);
	end_tree(pid);
	return ckpt_pass();
}
