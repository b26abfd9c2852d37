// SPDX-License-Identifier: GPL-2.0-only
//
// A signalfd is refused.
//
// EXPECT: refused EOPNOTSUPP "signalfd" "fd 3"
#include "../ckpt_test.h"
#include <sys/signalfd.h>

int main(void)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = SYS(signalfd(-1, &set, 0));
	ckpt_ready();
	SYS(kill(getpid(), SIGUSR1));
	CHECK_EQ(read(fd, &info, sizeof(info)), (ssize_t)sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	return ckpt_pass();
}
