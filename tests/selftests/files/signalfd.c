// SPDX-License-Identifier: GPL-2.0-only
//
// A signalfd reads the signals that it was made for, also those that were pending.
#include "../ckpt_test.h"
#include <sys/signalfd.h>

int main(void)
{
	struct signalfd_siginfo info;
	sigset_t set, one;
	int fd, other;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = SYS(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	SYS(sigprocmask(SIG_BLOCK, &one, NULL));
	other = SYS(signalfd(-1, &one, SFD_NONBLOCK));
	SYS(sigqueue(getpid(), SIGRTMIN + 3, (union sigval) { .sival_int = 42 }));
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(fd, F_GETFD)), FD_CLOEXEC);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGRTMIN + 3);
	CHECK_EQ(info.ssi_int, 42);
	CHECK_ERRNO(read(fd, &info, sizeof(info)), EAGAIN);
	SYS(raise(SIGUSR2));
	CHECK_ERRNO(read(fd, &info, sizeof(info)), EAGAIN);
	CHECK_EQ(read(other, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR2);
	SYS(raise(SIGUSR1));
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	return ckpt_pass();
}
