// SPDX-License-Identifier: GPL-2.0-only
//
// Files without a path have flags that mean nothing to them, and a pidfd may have been opened once
// more by its name in /proc: all of that can be seen by fcntl(2), and stays.
#include "../ckpt_test.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

int main(void)
{
	int fds[8], flags[ARRAY_SIZE(fds)];
	char path[64];
	sigset_t none;
	size_t i;

	sigemptyset(&none);
	fds[0] = SYS(eventfd(0, EFD_NONBLOCK));
	fds[1] = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	fds[2] = SYS(signalfd(-1, &none, 0));
	fds[3] = SYS(epoll_create1(0));
	fds[4] = SYS(syscall(SYS_pidfd_open, getpid(), 0));
	fds[5] = SYS(inotify_init1(0));
	for (i = 0; i < 6; i++)
		SYS(fcntl(fds[i], F_SETFL, SYS(fcntl(fds[i], F_GETFL)) | O_APPEND));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[4]);
	fds[6] = SYS(open(path, O_RDONLY | O_NONBLOCK));
	fds[7] = SYS(open(path, O_WRONLY));
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		flags[i] = SYS(fcntl(fds[i], F_GETFL));
	CHECK_EQ(flags[0] & O_APPEND, O_APPEND);
	CHECK_EQ(flags[5] & O_APPEND, O_APPEND);
	CHECK_EQ(flags[6] & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
	ckpt_ready();
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		CHECK_EQ(SYS(fcntl(fds[i], F_GETFL)), flags[i]);
	return ckpt_pass();
}
