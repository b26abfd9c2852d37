// SPDX-License-Identifier: GPL-2.0-only
//
// Files of every kind keep their owner (a process, a thread, a group, nobody), the signal that
// was chosen, and the users who had set it.
#include "owner.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

int main(void)
{
	int fd[9], count = 0, i, end[2];
	uid_t users[2];
	sigset_t none;

	sigemptyset(&none);
	fd[count++] = SYS(open("file", O_RDWR | O_CREAT, 0644));
	fd[count++] = SYS(open("/dev/null", O_RDWR));
	fd[count++] = SYS(eventfd(0, 0));
	fd[count++] = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	fd[count++] = SYS(signalfd(-1, &none, 0));
	fd[count++] = SYS(epoll_create1(0));
	fd[count++] = SYS(syscall(SYS_pidfd_open, getpid(), 0));
	SYS(pipe(end));
	fd[count++] = end[0];
	fd[count++] = end[1];
	CHECK_EQ(count, (int)ARRAY_SIZE(fd));
	for (i = 0; i < count; i++) {
		if (i % 4 == 3)
			owner_set(fd[i], F_OWNER_PGRP, 0);
		else
			owner_set(fd[i], i % 4, i % 4 == F_OWNER_PGRP ? getpgrp() : getpid());
		SYS(fcntl(fd[i], F_SETSIG, i * 7));
	}
	ckpt_ready();
	for (i = 0; i < count; i++) {
		if (i % 4 == 3)
			owner_check(fd[i], F_OWNER_PGRP, 0);
		else
			owner_check(fd[i], i % 4,
				    i % 4 == F_OWNER_PGRP ? getpgrp() : getpid());
		CHECK_EQ(SYS(fcntl(fd[i], F_GETSIG)), i * 7);
		SYS(fcntl(fd[i], F_GETOWNER_UIDS, users));
		CHECK_EQ(users[0], i % 4 == 3 ? 0 : getuid());
		CHECK_EQ(users[1], i % 4 == 3 ? 0 : geteuid());
	}
	return ckpt_pass();
}
