// SPDX-License-Identifier: GPL-2.0-only
//
// A file with signal-driven I/O is refused.
//
// EXPECT: refused EOPNOTSUPP "reports by signals" "O_ASYNC" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("/dev/random", O_RDONLY));

	CHECK_EQ(fd, 3);
	if (fcntl(fd, F_SETFL, O_ASYNC) != 0)
		ckpt_skip("no O_ASYNC on /dev/random");
	ckpt_ready();
	CHECK(fcntl(fd, F_GETFL) & O_ASYNC);
	return ckpt_pass();
}
