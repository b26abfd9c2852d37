// SPDX-License-Identifier: GPL-2.0-only
//
// An epoll set is refused.
//
// EXPECT: refused EOPNOTSUPP "epoll" "fd 3"
#include "../ckpt_test.h"
#include <sys/epoll.h>

int main(void)
{
	struct epoll_event event;
	int fd = SYS(epoll_create1(0));

	ckpt_ready();
	CHECK_EQ(epoll_wait(fd, &event, 1, 0), 0);
	return ckpt_pass();
}
