// SPDX-License-Identifier: GPL-2.0-only
//
// A master whose slave has been closed reads what is left and is told, one whose slave has never been
// opened waits for it, and both slaves can be opened.
#include "tty.h"

int main(void)
{
	int master, slave, fresh;
	char path[32], byte;

	tty_pair(&master, &slave);
	tty_write(slave, "left");
	SYS(close(slave));
	fresh = SYS(posix_openpt(O_RDWR | O_NOCTTY));
	SYS(unlockpt(fresh));
	tty_write(fresh, "early\n");
	ckpt_ready();
	tty_expect(master, "left");
	CHECK_ERRNO(read(master, &byte, 1), EIO);
	tty_path(path, master);
	slave = SYS(open(path, O_RDWR | O_NOCTTY));
	tty_write(slave, "again");
	tty_expect(master, "again");
	tty_silent(master);
	tty_expect(fresh, "early\r\n");
	tty_silent(fresh);
	tty_path(path, fresh);
	slave = SYS(open(path, O_RDWR | O_NOCTTY));
	tty_expect(slave, "early\n");
	return ckpt_pass();
}
