// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal that is no pseudo-terminal, a serial line, is refused by name.
//
// EXPECT: refused EOPNOTSUPP "fd " "/dev/ttyS0" "a terminal is not supported"
#include "../ckpt_test.h"

int main(void)
{
	int fd = open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || !isatty(fd))
		ckpt_skip("no serial line here");
	ckpt_ready();
	CHECK(isatty(fd));
	return ckpt_pass();
}
