// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe tells its owner of new data by the signal that was chosen, with the number of the
// descriptor, and of nothing that a restart does.
#include "owner.h"

int main(void)
{
	int end[2], copy, signal = SIGRTMIN + 2;

	SYS(pipe(end));
	owner_block(signal);
	owner_block(SIGIO);
	CHECK_EQ(write(end[1], "old", 3), 3);
	copy = SYS(dup2(end[0], 20));
	SYS(fcntl(copy, F_SETOWN, getpid()));
	SYS(fcntl(copy, F_SETSIG, signal));
	SYS(fcntl(copy, F_SETFL, O_ASYNC | O_NONBLOCK));
	SYS(close(copy));
	ckpt_ready();
	owner_none(signal);
	owner_none(SIGIO);
	owner_check(end[0], F_OWNER_PID, getpid());
	CHECK_EQ(SYS(fcntl(end[0], F_GETSIG)), signal);
	CHECK_EQ(SYS(fcntl(end[0], F_GETFL)), O_RDONLY | O_ASYNC | O_NONBLOCK);
	CHECK_EQ(SYS(fcntl(end[1], F_GETFL)), O_WRONLY);
	CHECK_EQ(write(end[1], "new", 3), 3);
	owner_await(signal, 20);
	SYS(fcntl(end[0], F_SETFL, 0));
	CHECK_EQ(write(end[1], "new", 3), 3);
	owner_none(signal);
	return ckpt_pass();
}
