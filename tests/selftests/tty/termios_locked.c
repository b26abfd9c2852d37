// SPDX-License-Identifier: GPL-2.0-only
//
// Modes and characters that cannot be changed are what they were, and still cannot be changed; others
// can.
#include "tty.h"

int main(void)
{
	struct termios locks = { .c_iflag = IXON, .c_lflag = ECHO | ISIG }, now, before;
	int master, slave;

	tty_pair(&master, &slave);
	before = tty_modes(slave);
	before.c_lflag &= ~ECHO;
	before.c_iflag &= ~IXON;
	before.c_cc[VKILL] = 'k';
	tty_set_modes(slave, &before);
	locks.c_cc[VKILL] = 1;
	SYS(ioctl(slave, TIOCSLCKTRMIOS, &locks));
	ckpt_ready();
	memset(&now, 0, sizeof(now));
	SYS(ioctl(slave, TIOCGLCKTRMIOS, &now));
	CHECK_EQ(now.c_iflag, (tcflag_t)IXON);
	CHECK_EQ(now.c_lflag, (tcflag_t)(ECHO | ISIG));
	CHECK_EQ(now.c_cc[VKILL], 1);
	now = tty_modes(slave);
	now.c_lflag = ECHO | ICANON;
	now.c_iflag = IXON | ICRNL;
	now.c_cc[VKILL] = 'x';
	now.c_cc[VERASE] = 'y';
	tty_set_modes(slave, &now);
	now = tty_modes(slave);
	CHECK_EQ(now.c_lflag, (tcflag_t)(ISIG | ICANON));
	CHECK_EQ(now.c_iflag, (tcflag_t)ICRNL);
	CHECK_EQ(now.c_cc[VKILL], 'k');
	CHECK_EQ(now.c_cc[VERASE], 'y');
	return ckpt_pass();
}
