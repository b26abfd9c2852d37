// SPDX-License-Identifier: GPL-2.0-only
//
// A socket that an epoll set waits for is refused as part of the set; to leave
// its descriptor out would not help, and is not advised.
//
// EXPECT: refused EOPNOTSUPP "socket" "fd 4 in an epoll instance"
#include "../ckpt_test.h"
#include <sys/epoll.h>
#include <sys/socket.h>

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int set = SYS(epoll_create1(0)), end[2];

	CHECK_EQ(set, 3);
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	SYS(epoll_ctl(set, EPOLL_CTL_ADD, end[0], &event));
	ckpt_ready();
	CHECK_EQ(write(end[1], "data", 4), 4);
	CHECK_EQ(epoll_wait(set, &event, 1, 0), 1);
	return ckpt_pass();
}
