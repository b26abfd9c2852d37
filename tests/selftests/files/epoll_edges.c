// SPDX-License-Identifier: GPL-2.0-only
//
// Edges that have been seen do not come again because ends of pipes are closed, or children die, at
// a restart; and an edge that comes later comes.
#include "../ckpt_test.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int set;

static void add(int fd, uint64_t data)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = data };

	SYS(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

/* What is ready now; 0 for nothing. */
static uint64_t next(void)
{
	struct epoll_event event = { .data.u64 = 0 };

	return SYS(epoll_wait(set, &event, 1, 0)) ? event.data.u64 : 0;
}

int main(void)
{
	int ends[2], quiet[2], pidfd, counter = SYS(eventfd(0, 0)), status;
	pid_t child = SYS(fork());
	siginfo_t info;

	if (child == 0)
		_exit(3);
	SYS(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	pidfd = SYS(syscall(SYS_pidfd_open, child, 0));
	set = SYS(epoll_create1(0));
	SYS(pipe(ends));
	SYS(close(ends[1]));
	SYS(pipe(quiet));
	add(ends[0], 1);
	CHECK_EQ(next(), 1);
	add(pidfd, 2);
	CHECK_EQ(next(), 2);
	add(quiet[0], 3);
	add(counter, 4);
	CHECK_EQ(next(), 0);
	ckpt_ready();
	CHECK_EQ(next(), 0);
	SYS(close(quiet[1]));
	CHECK_EQ(next(), 3);
	SYS(eventfd_write(counter, 1));
	CHECK_EQ(next(), 4);
	CHECK_EQ(next(), 0);
	SYS(waitpid(-1, &status, 0));
	CHECK_EQ(status, 3 << 8);
	return ckpt_pass();
}
