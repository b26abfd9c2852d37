// SPDX-License-Identifier: GPL-2.0-only
//
// An io_uring is refused.
//
// EXPECT: refused EOPNOTSUPP "io_uring"
#include "../ckpt_test.h"
#include <linux/io_uring.h>

int main(void)
{
	struct io_uring_params params = { 0 };
	int fd = syscall(SYS_io_uring_setup, 4, &params);

	if (fd < 0)
		ckpt_skip("no io_uring here");
	ckpt_ready();
	CHECK_EQ(syscall(SYS_io_uring_enter, fd, 0, 0, 0, NULL, 0), 0);
	return ckpt_pass();
}
