// SPDX-License-Identifier: GPL-2.0-only
//
// A process that waits in epoll_wait() is woken by its timer, by its child through a pipe, and by the
// child's end.
#include "../tree/tree.h"
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct itimerspec soon = { .it_value.tv_sec = 2 };
	int set = SYS(epoll_create1(0)), timer, signals, end[2], status, seen = 0;
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	SYS(sigprocmask(SIG_BLOCK, &mask, NULL));
	SYS(pipe(end));
	timer = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	signals = SYS(signalfd(-1, &mask, 0));
	event.data.fd = timer;
	SYS(epoll_ctl(set, EPOLL_CTL_ADD, timer, &event));
	event.data.fd = signals;
	SYS(epoll_ctl(set, EPOLL_CTL_ADD, signals, &event));
	event.data.fd = end[0];
	SYS(epoll_ctl(set, EPOLL_CTL_ADD, end[0], &event));
	SYS(timerfd_settime(timer, 0, &soon, NULL));
	if (SYS(fork()) == 0) {
		ckpt_wait_go();
		CHECK_EQ(write(end[1], "go", 2), 2);
		exit(3);
	}
	ckpt_announce();
	while (seen != 7) {
		char bytes[256];
		int count = epoll_wait(set, &event, 1, -1);

		if (count < 0) {
			/* The kernel does not take this one up again, whoever interrupts it. */
			CHECK_EQ(errno, EINTR);
			continue;
		}
		CHECK_EQ(count, 1);
		SYS(read(event.data.fd, bytes, sizeof(bytes)));
		seen |= event.data.fd == timer ? 1 : event.data.fd == signals ? 2 : 4;
	}
	SYS(wait(&status));
	CHECK_EQ(status, 3 << 8);
	return ckpt_pass();
}
