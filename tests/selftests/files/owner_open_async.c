// SPDX-License-Identifier: GPL-2.0-only
//
// O_ASYNC of open(2) is a flag that does nothing: it stays, and nobody is told anything.
#include "owner.h"

int main(void)
{
	int file, end[2], fifo;

	owner_block(SIGIO);
	file = SYS(open("file", O_RDWR | O_CREAT | O_ASYNC, 0644));
	SYS(mkfifo("fifo", 0600));
	fifo = SYS(open("fifo", O_RDWR | O_ASYNC));
	SYS(fcntl(fifo, F_SETOWN, getpid()));
	SYS(pipe(end));
	ckpt_ready();
	CHECK(SYS(fcntl(file, F_GETFL)) & O_ASYNC);
	CHECK(SYS(fcntl(fifo, F_GETFL)) & O_ASYNC);
	CHECK(!(SYS(fcntl(end[0], F_GETFL)) & O_ASYNC));
	CHECK_EQ(write(fifo, "new", 3), 3);
	owner_none(SIGIO);
	return ckpt_pass();
}
