// SPDX-License-Identifier: GPL-2.0-only
//
// With --inherit=9 the pipe on descriptor 9 is replaced by another, and nothing
// else.
//
// INHERIT: 9
// MODES: run-on kill-restart twice again pipe
#include "../ckpt_test.h"

int main(void)
{
	char text[32] = "";
	int fd;

	ckpt_write_file("file", "0123456789", 10);
	fd = SYS(open("file", O_RDONLY));
	CHECK_EQ(read(fd, text, 4), 4);
	ckpt_ready();
	memset(text, 0, sizeof(text));
	SYS(read(9, text, sizeof(text) - 1));
	if (strcmp(text, "before\n") != 0 && strcmp(text, "after\n") != 0)
		ckpt_fail("descriptor 9 holds \"%s\"", text);
	CHECK_EQ(read(9, text, sizeof(text)), 0);
	CHECK_EQ(read(fd, text, 1), 1);
	CHECK_EQ(text[0], '4');
	CHECK_EQ(read(STDIN_FILENO, text, 1), 0);
	return ckpt_pass();
}
