// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal with another line discipline than the ordinary one is refused by name.
//
// EXPECT: refused EOPNOTSUPP "fd " "line discipline"
#include "../tty/tty.h"

#ifndef N_NULL
#define N_NULL 27
#endif

int main(void)
{
	int master, slave, discipline = N_NULL;

	tty_pair(&master, &slave);
	SYS(ioctl(slave, TIOCSETD, &discipline));
	ckpt_ready();
	discipline = -1;
	SYS(ioctl(slave, TIOCGETD, &discipline));
	CHECK_EQ(discipline, N_NULL);
	return ckpt_pass();
}
