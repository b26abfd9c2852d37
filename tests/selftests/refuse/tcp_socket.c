// SPDX-License-Identifier: GPL-2.0-only
//
// A listening TCP socket is refused.
//
// EXPECT: refused EOPNOTSUPP "socket" "fd 3"
#include "../ckpt_test.h"
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
	int fd = SYS(socket(AF_INET, SOCK_STREAM, 0)), on = 0;
	socklen_t length = sizeof(on);

	SYS(listen(fd, 5));
	ckpt_ready();
	SYS(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &length));
	CHECK_EQ(on, 1);
	return ckpt_pass();
}
