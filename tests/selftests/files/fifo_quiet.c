// SPDX-License-Identifier: GPL-2.0-only
//
// The reading end of a FIFO that had no writer yet is quiet, and one whose writers are gone tells
// that they are: as before, and as with any writer that comes later.
#include "../ckpt_test.h"
#include <poll.h>

static short said(int fd)
{
	struct pollfd waits = { .fd = fd, .events = POLLIN };

	SYS(poll(&waits, 1, 0));
	return waits.revents;
}

int main(void)
{
	int quiet, left, writer;

	SYS(mkfifo("quiet", 0600));
	SYS(mkfifo("left", 0600));
	quiet = SYS(open("quiet", O_RDONLY | O_NONBLOCK));
	left = SYS(open("left", O_RDONLY | O_NONBLOCK));
	SYS(close(SYS(open("left", O_WRONLY))));
	CHECK_EQ(said(quiet), 0);
	CHECK_EQ(said(left), POLLHUP);
	ckpt_ready();
	CHECK_EQ(said(quiet), 0);
	CHECK_EQ(said(left), POLLHUP);
	writer = SYS(open("quiet", O_WRONLY));
	CHECK_EQ(write(writer, "x", 1), 1);
	CHECK_EQ(said(quiet), POLLIN);
	SYS(close(writer));
	CHECK_EQ(said(quiet), POLLIN | POLLHUP);
	return ckpt_pass();
}
