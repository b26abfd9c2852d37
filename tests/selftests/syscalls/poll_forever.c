// SPDX-License-Identifier: GPL-2.0-only
//
// poll without a time-out goes on waiting until a signal comes; its descriptors
// are left as they were.
//
// BLOCK: poll
// WAKE: USR1
#include "../ckpt_test.h"
#include <poll.h>

static volatile int handled;

static void handler(int signal)
{
	handled += signal;
}

int main(void)
{
	/* Negative descriptors are passed over. */
	struct pollfd fds[2] = { { .fd = -5, .events = POLLIN }, { .fd = -7, .events = POLLOUT } };

	signal(SIGUSR1, handler);
	ckpt_announce();
	CHECK_ERRNO(syscall(SYS_poll, fds, 2, -1), EINTR);
	CHECK_EQ(handled, SIGUSR1);
	CHECK_EQ(fds[0].fd, -5);
	CHECK_EQ(fds[1].events, POLLOUT);
	return ckpt_pass();
}
