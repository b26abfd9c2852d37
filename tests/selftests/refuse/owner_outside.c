// SPDX-License-Identifier: GPL-2.0-only
//
// A file whose owner, who is told by signals, is not part of the tree is refused; it keeps it.
//
// EXPECT: refused EOPNOTSUPP "owner for signals outside of the tree" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0644));

	SYS(fcntl(fd, F_SETOWN, getppid()));
	ckpt_ready();
	CHECK_EQ(fcntl(fd, F_GETOWN), getppid());
	return ckpt_pass();
}
