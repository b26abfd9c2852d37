// SPDX-License-Identifier: GPL-2.0-only
//
// The close-on-exec flag belongs to the descriptor and is kept for each.
#include "../ckpt_test.h"

int main(void)
{
	int with, without, copy;

	ckpt_write_file("file", "x", 1);
	with = SYS(open("file", O_RDONLY | O_CLOEXEC));
	without = SYS(open("file", O_RDONLY));
	copy = SYS(dup(with));
	ckpt_ready();
	CHECK_EQ(fcntl(with, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(without, F_GETFD), 0);
	CHECK_EQ(fcntl(copy, F_GETFD), 0);
	return ckpt_pass();
}
