// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal tells its owner by a signal of what is typed, with the number of the descriptor, and
// of nothing that a restart does.
#include "tty.h"
#include "../files/owner.h"

int main(void)
{
	int master, slave;

	owner_block(SIGRTMIN);
	tty_pair(&master, &slave);
	SYS(fcntl(slave, F_SETOWN, getpid()));
	SYS(fcntl(slave, F_SETSIG, SIGRTMIN));
	SYS(fcntl(slave, F_SETFL, O_RDWR | O_ASYNC));
	ckpt_ready();
	owner_none(SIGRTMIN);
	owner_check(slave, F_OWNER_PID, getpid());
	CHECK_EQ(SYS(fcntl(slave, F_GETFL)) & O_ASYNC, O_ASYNC);
	tty_write(master, "typed\n");
	owner_await(SIGRTMIN, slave);
	tty_expect(slave, "typed\n");
	return ckpt_pass();
}
