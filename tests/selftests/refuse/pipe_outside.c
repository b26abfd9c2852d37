// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe of which a process outside of the tree has an end is refused by the number of the
// descriptor; what is in it stays.
//
// EXPECT: refused EBUSY "fd 4" "pipe:" "outside of the tree has it, too, as fd 4"
#include "../ckpt_test.h"
#include <sys/prctl.h>
#include <sys/wait.h>

int main(void)
{
	int end[2], told[2], status;
	char text[8] = "";
	pid_t child;

	SYS(pipe(end));
	SYS(pipe(told));
	CHECK_EQ(write(end[1], "data", 4), 4);
	/* The child of a child that has gone belongs to init. */
	child = SYS(fork());
	if (child == 0) {
		if (SYS(fork()) == 0) {
			SYS(close(end[0]));
			SYS(close(told[1]));
			ckpt_wait_go();
		}
		_exit(0);
	}
	SYS(waitpid(child, &status, 0));
	/* It ends when whoever has it outside has only the other end of the pipe. */
	SYS(close(told[1]));
	CHECK_EQ(read(told[0], text, 1), 0);
	SYS(close(told[0]));
	ckpt_ready();
	CHECK_EQ(read(end[0], text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
