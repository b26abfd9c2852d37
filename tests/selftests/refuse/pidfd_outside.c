// SPDX-License-Identifier: GPL-2.0-only
//
// A pidfd of a task outside of the tree is refused; it goes on standing for it.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "a pidfd of a task outside of the tree"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(syscall(SYS_pidfd_open, getppid(), 0));

	ckpt_ready();
	SYS(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	return ckpt_pass();
}
