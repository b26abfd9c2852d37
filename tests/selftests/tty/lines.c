// SPDX-License-Identifier: GPL-2.0-only
//
// What has been typed and not been read is there: the rest of a line of which a part was read, a whole
// line, an end of file, and the beginning of a line that can still be edited; and so is what was
// printed.
#include "tty.h"

int main(void)
{
	int master, slave;
	char text[64] = "";

	tty_pair(&master, &slave);
	tty_quiet(slave);
	tty_write(master, "first\nsecond\n\004half");
	tty_until(slave, 6 + 7);
	CHECK_EQ(read(slave, text, 3), 3);
	CHECK_STR(text, "fir");
	tty_write(slave, "printed\n");
	ckpt_ready();
	CHECK_EQ(read(slave, text, sizeof(text)), 3);
	CHECK(memcmp(text, "st\n", 3) == 0);
	CHECK_EQ(read(slave, text, sizeof(text)), 7);
	CHECK(memcmp(text, "second\n", 7) == 0);
	CHECK_EQ(read(slave, text, sizeof(text)), 0);
	tty_silent(slave);
	/* Erases the f and the l, and gives a new end. */
	tty_write(master, "\177\177ndy\n");
	CHECK_EQ(read(slave, text, sizeof(text)), 6);
	CHECK(memcmp(text, "handy\n", 6) == 0);
	tty_expect(master, "printed\r\n");
	tty_silent(master);
	return ckpt_pass();
}
