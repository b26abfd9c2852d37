// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe that sends signals to an owner is refused; it keeps the owner.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "a pipe with an owner"
#include "../ckpt_test.h"

int main(void)
{
	int end[2];

	SYS(pipe(end));
	SYS(fcntl(end[0], F_SETOWN, getpid()));
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(end[0], F_GETOWN)), getpid());
	return ckpt_pass();
}
