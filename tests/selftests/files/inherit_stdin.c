// SPDX-License-Identifier: GPL-2.0-only
//
// With --inherit a pipe on standard input is not part of the image: the program
// goes on with what the restarter gives.
//
// INHERIT: stdio
// MODES: run-on kill-restart twice pipe
#include "../ckpt_test.h"

int main(void)
{
	char text[32] = "";

	ckpt_ready();
	SYS(read(STDIN_FILENO, text, sizeof(text) - 1));
	if (strcmp(text, "before\n") != 0 && strcmp(text, "after\n") != 0)
		ckpt_fail("standard input holds \"%s\"", text);
	CHECK_EQ(read(STDIN_FILENO, text, sizeof(text)), 0);
	CHECK_EQ(write(STDOUT_FILENO, "out\n", 4), 4);
	CHECK_EQ(write(STDERR_FILENO, "err\n", 4), 4);
	return ckpt_pass();
}
