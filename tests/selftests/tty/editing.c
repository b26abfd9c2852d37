// SPDX-License-Identifier: GPL-2.0-only
//
// A line that is being typed goes on: the next character is taken as it is when that was asked for, and
// a tab is erased by as many columns as it took.
#include "tty.h"

int main(void)
{
	int master, slave;

	tty_pair(&master, &slave);
	/* A prompt, and a tab behind two characters: from column 5 to column 8. */
	tty_write(slave, ">> ");
	tty_write(master, "ab\t\026");
	tty_expect(master, ">> ab\t^\b");
	ckpt_ready();
	/* The character after ^V, an erase, does not erase; the next two do. */
	tty_write(master, "\177\177\177x\n");
	tty_expect(master, "^?\b \b\b \b\b\b\bx\r\n");
	tty_expect(slave, "abx\n");
	tty_silent(slave);
	return ckpt_pass();
}
