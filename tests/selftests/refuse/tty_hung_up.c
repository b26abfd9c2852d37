// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal that has been hung up by a call, its master being open, is refused by name.
//
// EXPECT: refused EOPNOTSUPP "fd " "hung up"
#include "../tty/tty.h"

#ifndef TIOCVHANGUP
#define TIOCVHANGUP 0x5437
#endif

int main(void)
{
	int master, slave;
	char byte;

	tty_pair(&master, &slave);
	SYS(ioctl(slave, TIOCVHANGUP));
	ckpt_ready();
	CHECK_EQ(read(slave, &byte, 1), 0);
	return ckpt_pass();
}
