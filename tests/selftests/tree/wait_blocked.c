// SPDX-License-Identifier: GPL-2.0-only
//
// A process that sleeps in wait4(2) goes on waiting, and gets the status of the
// child that ends after the restart.
//
// BLOCK: wait4
#include "../ckpt_test.h"

int main(void)
{
	pid_t child = SYS(fork());
	int status = 0;

	if (child == 0) {
		ckpt_wait_go();
		_exit(19);
	}
	ckpt_announce();
	CHECK_EQ(SYS(waitpid(child, &status, 0)), child);
	CHECK(ckpt_gone());
	CHECK_EQ(status, 19 << 8);
	return ckpt_pass();
}
