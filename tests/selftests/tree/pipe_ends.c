// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe between parent and child: each has one end only, and learns that the other has closed it.
#include "tree.h"

int main(void)
{
	int down[2], up[2], status;
	char text[16] = "";
	pid_t child;

	SYS(pipe(down));
	SYS(pipe(up));
	child = SYS(fork());
	if (child == 0) {
		SYS(close(down[1]));
		SYS(close(up[0]));
		CHECK_EQ(write(up[1], "up", 2), 2);
		/* Blocks until the parent writes, long after the checkpoint. */
		CHECK_EQ(read(down[0], text, sizeof(text)), 4);
		CHECK_STR(text, "down");
		CHECK_EQ(read(down[0], text, sizeof(text)), 0);
		CHECK_EQ(write(up[1], "!", 1), 1);
		exit(7);
	}
	SYS(close(down[0]));
	SYS(close(up[1]));
	ckpt_ready();
	CHECK_EQ(write(down[1], "down", 4), 4);
	SYS(close(down[1]));
	SYS(waitpid(child, &status, 0));
	CHECK_EQ(status, 7 << 8);
	CHECK_EQ(read(up[0], text, sizeof(text)), 3);
	CHECK(memcmp(text, "up!", 3) == 0);
	CHECK_EQ(read(up[0], text, sizeof(text)), 0);
	return ckpt_pass();
}
