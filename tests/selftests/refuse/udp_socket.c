// SPDX-License-Identifier: GPL-2.0-only
//
// A UDP socket is refused.
//
// EXPECT: refused EOPNOTSUPP "socket" "fd 3"
#include "../ckpt_test.h"
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = SYS(socket(AF_INET, SOCK_DGRAM, 0));

	SYS(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	ckpt_ready();
	SYS(getsockname(fd, (struct sockaddr *)&address, &length));
	CHECK(address.sin_port != 0);
	return ckpt_pass();
}
