// SPDX-License-Identifier: GPL-2.0-only
//
// An inotify instance wakes an epoll set, and tells its owner by a signal, when something happens
// after a restart, and not before.
#include "inotify.h"
#include "owner.h"
#include <sys/epoll.h>

int main(void)
{
	int fd = SYS(inotify_init1(IN_NONBLOCK)), set = SYS(epoll_create1(0)), wd;
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 77 };

	owner_block(SIGRTMIN);
	SYS(mkdir("watched", 0755));
	wd = SYS(inotify_add_watch(fd, "watched", IN_CREATE));
	SYS(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	SYS(fcntl(fd, F_SETOWN, getpid()));
	SYS(fcntl(fd, F_SETSIG, SIGRTMIN));
	SYS(fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC));
	ckpt_ready();
	owner_none(SIGRTMIN);
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 0);
	SYS(mkdir("watched/new", 0755));
	owner_await(SIGRTMIN, fd);
	CHECK_EQ(SYS(epoll_wait(set, &event, 1, 0)), 1);
	CHECK_EQ(event.data.u64, 77);
	watch_expect(fd, wd, IN_CREATE | IN_ISDIR, "new");
	watch_nothing(fd);
	return ckpt_pass();
}
