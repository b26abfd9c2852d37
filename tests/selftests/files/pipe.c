// SPDX-License-Identifier: GPL-2.0-only
//
// What is in a pipe is there afterwards, and was not taken out for the image; the end of the data
// comes when the last writer is closed.
#include "../ckpt_test.h"

int main(void)
{
	int end[2], empty[2];
	char text[8] = "";

	SYS(pipe(end));
	SYS(pipe2(empty, O_NONBLOCK | O_CLOEXEC));
	CHECK_EQ(write(end[1], "data", 4), 4);
	ckpt_ready();
	CHECK_EQ(read(end[0], text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	CHECK_ERRNO(read(empty[0], text, sizeof(text)), EAGAIN);
	CHECK_EQ(SYS(fcntl(empty[0], F_GETFL)), O_RDONLY | O_NONBLOCK);
	CHECK_EQ(SYS(fcntl(empty[1], F_GETFD)), FD_CLOEXEC);
	CHECK_EQ(write(end[1], "more", 4), 4);
	SYS(close(end[1]));
	CHECK_EQ(read(end[0], text, sizeof(text)), 4);
	CHECK_STR(text, "more");
	CHECK_EQ(read(end[0], text, sizeof(text)), 0);
	return ckpt_pass();
}
