// SPDX-License-Identifier: GPL-2.0-only
//
// A pipe whose writer is gone, and a FIFO that was never written to, tell nobody anything because
// of a restart; the FIFO tells when it is written to.
#include "owner.h"

int main(void)
{
	int end[2], fifo, writer;

	owner_block(SIGIO);
	SYS(pipe(end));
	CHECK_EQ(write(end[1], "left", 4), 4);
	SYS(close(end[1]));
	SYS(fcntl(end[0], F_SETOWN, getpid()));
	SYS(fcntl(end[0], F_SETFL, O_ASYNC));
	SYS(mkfifo("fifo", 0600));
	fifo = SYS(open("fifo", O_RDONLY | O_NONBLOCK));
	SYS(fcntl(fifo, F_SETOWN, getpid()));
	SYS(fcntl(fifo, F_SETSIG, SIGIO));
	SYS(fcntl(fifo, F_SETFL, O_ASYNC));
	ckpt_ready();
	owner_none(SIGIO);
	CHECK_EQ(SYS(fcntl(end[0], F_GETFL)), O_RDONLY | O_ASYNC);
	CHECK(SYS(fcntl(fifo, F_GETFL)) & O_ASYNC);
	writer = SYS(open("fifo", O_WRONLY));
	CHECK_EQ(write(writer, "new", 3), 3);
	owner_await(SIGIO, fifo);
	return ckpt_pass();
}
