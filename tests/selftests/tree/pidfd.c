// SPDX-License-Identifier: GPL-2.0-only
//
// pidfds of a child, of a zombie, of oneself and of a thread stand for the restored tasks.
#include "tree.h"
#include <poll.h>
#include <sys/wait.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

static pid_t tid;

static void *thread(void *unused)
{
	(void)unused;
	__atomic_store_n(&tid, gettid(), __ATOMIC_RELEASE);
	ckpt_wait_go();
	return NULL;
}

static int readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return SYS(poll(&poll_fd, 1, 0));
}

int main(void)
{
	int child_fd, zombie_fd, self_fd, thread_fd;
	pid_t child, zombie;
	siginfo_t info;
	pthread_t other;

	zombie = SYS(fork());
	if (zombie == 0)
		_exit(9);
	child = SYS(fork());
	if (child == 0) {
		for (;;)
			pause();
	}
	other = tree_thread(thread, NULL);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		usleep(1000);
	child_fd = SYS(syscall(SYS_pidfd_open, child, O_NONBLOCK));
	zombie_fd = SYS(syscall(SYS_pidfd_open, zombie, 0));
	self_fd = SYS(syscall(SYS_pidfd_open, getpid(), 0));
	thread_fd = SYS(syscall(SYS_pidfd_open, tid, PIDFD_THREAD));
	SYS(waitid(P_PIDFD, zombie_fd, &info, WEXITED | WNOWAIT));
	ckpt_ready();
	SYS(syscall(SYS_pidfd_send_signal, self_fd, 0, NULL, 0));
	CHECK(SYS(fcntl(child_fd, F_GETFL)) & O_NONBLOCK);
	CHECK_EQ(readable(child_fd), 0);
	CHECK_ERRNO(waitid(P_PIDFD, child_fd, &info, WEXITED), EAGAIN);
	CHECK_EQ(readable(zombie_fd), 1);
	SYS(waitid(P_PIDFD, zombie_fd, &info, WEXITED));
	CHECK_EQ(info.si_status, 9);
	SYS(syscall(SYS_pidfd_send_signal, child_fd, SIGKILL, NULL, 0));
	while (!readable(child_fd))
		usleep(1000);
	SYS(waitid(P_PIDFD, child_fd, &info, WEXITED));
	CHECK_EQ(info.si_status, SIGKILL);
	tree_join(other);
	/* Who joins is told before the thread is gone. */
	while (!readable(thread_fd))
		usleep(1000);
	return ckpt_pass();
}
