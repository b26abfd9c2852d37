// SPDX-License-Identifier: GPL-2.0-only
//
// An open namespace is refused.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "namespace|nsfs|ns:"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("/proc/self/ns/uts", O_RDONLY));

	ckpt_ready();
	CHECK(fcntl(fd, F_GETFD) >= 0);
	return ckpt_pass();
}
