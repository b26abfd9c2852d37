// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe whose slots hold little each: bytes from a file that were spliced in, between bytes that
// were written.
#include "../ckpt_test.h"

#define TURNS 8

int main(void)
{
	char path[PATH_MAX], text[4 * TURNS + 1] = "", wanted[4 * TURNS + 1] = "";
	int end[2], fd, i;

	ckpt_path(path, "source");
	fd = SYS(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
	CHECK_EQ(write(fd, "0123456789abcdef", 16), 16);
	SYS(pipe(end));
	for (i = 0; i < TURNS; i++) {
		loff_t from = 2 * i;

		CHECK_EQ(write(end[1], "<>", 2), 2);
		CHECK_EQ(SYS(splice(fd, &from, end[1], NULL, 2, 0)), 2);
		sprintf(wanted + 4 * i, "<>%.2s", "0123456789abcdef" + 2 * i);
	}
	ckpt_ready();
	for (i = 0; i < 4 * TURNS; )
		i += SYS(read(end[0], text + i, 4 * TURNS - i));
	CHECK_STR(text, wanted);
	return ckpt_pass();
}
