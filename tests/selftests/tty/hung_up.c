// SPDX-License-Identifier: GPL-2.0-only
//
// A slave whose master has been closed is hung up: it reads as at the end, and cannot be written.
#include "tty.h"

int main(void)
{
	int master, slave, copy;
	char byte;

	tty_pair(&master, &slave);
	copy = SYS(dup(slave));
	SYS(close(master));
	ckpt_ready();
	CHECK_EQ(read(slave, &byte, 1), 0);
	CHECK_ERRNO(write(slave, "x", 1), EIO);
	CHECK_ERRNO(tcgetattr(slave, &(struct termios){ 0 }), EIO);
	CHECK_EQ(read(copy, &byte, 1), 0);
	tty_pair(&master, &slave);
	tty_write(slave, "new");
	tty_expect(master, "new");
	return ckpt_pass();
}
