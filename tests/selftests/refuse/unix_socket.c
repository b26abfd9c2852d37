// SPDX-License-Identifier: GPL-2.0-only
//
// A unix socket is refused.
//
// EXPECT: refused EOPNOTSUPP "socket" "fd 3|fd 4"
#include "../ckpt_test.h"
#include <sys/socket.h>

int main(void)
{
	char text[8] = "";
	int end[2];

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	CHECK_EQ(write(end[1], "data", 4), 4);
	ckpt_ready();
	CHECK_EQ(read(end[0], text, sizeof(text)), 4);
	return ckpt_pass();
}
