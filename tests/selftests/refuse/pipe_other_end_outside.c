// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe that a process outside of the tree alone reads from is refused; it still does.
//
// EXPECT: refused EBUSY "fd 3" "pipe:" "outside of the tree has it, too, as fd "
#include "../ckpt_test.h"
#include <sys/wait.h>

int main(void)
{
	int end[2], copy, status;

	SYS(pipe(end));
	/* The child of a child that has gone belongs to init. */
	if (SYS(fork()) == 0) {
		if (SYS(fork()) == 0) {
			char text[8] = "";

			SYS(close(end[1]));
			CHECK_EQ(read(end[0], text, sizeof(text)), 4);
			ckpt_wait_go();
		}
		_exit(0);
	}
	SYS(wait(&status));
	copy = SYS(dup(end[1]));
	SYS(close(end[0]));
	SYS(close(end[1]));
	SYS(dup2(copy, 3));
	SYS(close(copy));
	ckpt_ready();
	CHECK_EQ(write(3, "data", 4), 4);
	return ckpt_pass();
}
