// SPDX-License-Identifier: GPL-2.0-only
//
// A netlink socket is refused.
//
// EXPECT: refused EOPNOTSUPP "socket" "fd 3"
#include "../ckpt_test.h"
#include <linux/netlink.h>
#include <sys/socket.h>

int main(void)
{
	int fd = SYS(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)), kind = 0;
	socklen_t length = sizeof(kind);

	ckpt_ready();
	SYS(getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &length));
	CHECK_EQ(kind, SOCK_RAW);
	return ckpt_pass();
}
