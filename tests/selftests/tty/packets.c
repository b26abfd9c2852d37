// SPDX-License-Identifier: GPL-2.0-only
//
// A master in packet mode stays so, and what it has to be told first is not forgotten.
#include "tty.h"

int main(void)
{
	int master, slave, on = 1, now = 0;
	char text[16];

	tty_pair(&master, &slave);
	SYS(ioctl(master, TIOCPKT, &on));
	SYS(tcflow(slave, TCOOFF));
	SYS(tcflow(slave, TCOON));
	tty_write(slave, "data");
	tty_until(master, 4);
	ckpt_ready();
	SYS(ioctl(master, TIOCGPKT, &now));
	CHECK_EQ(now, 1);
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK_EQ(text[0], TIOCPKT_START);
	CHECK_EQ(read(master, text, sizeof(text)), 5);
	CHECK(memcmp(text, "\0data", 5) == 0);
	SYS(tcflush(slave, TCIFLUSH));
	CHECK_EQ(read(master, text, sizeof(text)), 1);
	CHECK_EQ(text[0], TIOCPKT_FLUSHREAD);
	return ckpt_pass();
}
