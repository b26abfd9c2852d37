// SPDX-License-Identifier: GPL-2.0-only
//
// Pipes of which one end is closed already: the data that is left, and SIGPIPE.
#include "../ckpt_test.h"

static volatile sig_atomic_t broken;

static void on_pipe(int signal)
{
	(void)signal;
	broken++;
}

int main(void)
{
	int readable[2], writable[2];
	char text[16] = "";

	signal(SIGPIPE, on_pipe);
	SYS(pipe(readable));
	CHECK_EQ(write(readable[1], "last words", 10), 10);
	SYS(close(readable[1]));
	SYS(pipe(writable));
	CHECK_EQ(write(writable[1], "unheard", 7), 7);
	SYS(close(writable[0]));
	ckpt_ready();
	CHECK_EQ(read(readable[0], text, sizeof(text)), 10);
	CHECK_STR(text, "last words");
	CHECK_EQ(read(readable[0], text, sizeof(text)), 0);
	CHECK_EQ(broken, 0);
	CHECK_ERRNO(write(writable[1], "x", 1), EPIPE);
	CHECK_EQ(broken, 1);
	return ckpt_pass();
}
