// SPDX-License-Identifier: GPL-2.0-only
//
// An eventfd is refused; its counter stays.
//
// EXPECT: refused EOPNOTSUPP "eventfd" "fd 3"
#include "../ckpt_test.h"
#include <sys/eventfd.h>

int main(void)
{
	eventfd_t value;
	int fd = SYS(eventfd(7, 0));

	ckpt_ready();
	SYS(eventfd_read(fd, &value));
	CHECK_EQ(value, 7);
	return ckpt_pass();
}
