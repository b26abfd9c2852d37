// SPDX-License-Identifier: GPL-2.0-only
//
// A pidfd is refused.
//
// EXPECT: refused EOPNOTSUPP "pidfd" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(syscall(SYS_pidfd_open, getpid(), 0));

	ckpt_ready();
	SYS(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	return ckpt_pass();
}
