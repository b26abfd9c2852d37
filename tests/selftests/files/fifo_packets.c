// SPDX-License-Identifier: GPL-2.0-only
//
// A FIFO in packet mode, which open(2) cannot ask for: the mode and the packets stay.
#include "../ckpt_test.h"

int main(void)
{
	char text[16] = "";
	int fifo;

	SYS(mkfifo("fifo", 0600));
	fifo = SYS(open("fifo", O_RDWR));
	SYS(fcntl(fifo, F_SETFL, SYS(fcntl(fifo, F_GETFL)) | O_DIRECT));
	CHECK_EQ(write(fifo, "one", 3), 3);
	CHECK_EQ(write(fifo, "three", 5), 5);
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(fifo, F_GETFL)) & (O_ACCMODE | O_DIRECT | O_NONBLOCK), O_RDWR | O_DIRECT);
	CHECK_EQ(read(fifo, text, sizeof(text)), 3);
	CHECK_EQ(read(fifo, text, sizeof(text)), 5);
	CHECK_STR(text, "three");
	return ckpt_pass();
}
