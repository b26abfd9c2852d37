// SPDX-License-Identifier: GPL-2.0-only
//
// Many terminals have the numbers that they had, also when there are gaps below and when those with high
// numbers come first, and the gaps are free.
#include "tty.h"

#define COUNT 120

/* Descriptors, the last one for the lowest number. */
#define LAST 400

int main(void)
{
	unsigned int numbers[COUNT], lowest;
	int i, fd, next;

	for (i = 0; i < COUNT; i++) {
		fd = SYS(posix_openpt(O_RDWR | O_NOCTTY));
		numbers[i] = tty_number(fd);
		SYS(dup2(fd, LAST - i));
		SYS(close(fd));
	}
	lowest = numbers[0];
	for (i = 0; i < COUNT; i++) {
		if (numbers[i] < lowest)
			lowest = numbers[i];
		if (i % 3 != 2)
			SYS(close(LAST - i));
	}
	ckpt_ready();
	for (i = 2; i < COUNT; i += 3)
		CHECK_EQ(tty_number(LAST - i), numbers[i]);
	next = SYS(posix_openpt(O_RDWR | O_NOCTTY));
	CHECK(tty_number(next) <= lowest);
	return ckpt_pass();
}
