// SPDX-License-Identifier: GPL-2.0-only
//
// Signal-driven input and output (O_ASYNC) is refused.
//
// EXPECT: refused EOPNOTSUPP "O_ASYNC" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	/* One of the few things that can be saved and know O_ASYNC. */
	int fd = SYS(open("/dev/random", O_RDONLY));

	SYS(fcntl(fd, F_SETFL, O_ASYNC));
	if (!(fcntl(fd, F_GETFL) & O_ASYNC))
		ckpt_skip("/dev/random does not take O_ASYNC here");
	ckpt_ready();
	CHECK(fcntl(fd, F_GETFL) & O_ASYNC);
	return ckpt_pass();
}
