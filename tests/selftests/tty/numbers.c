// SPDX-License-Identifier: GPL-2.0-only
//
// Terminals have the numbers that they had, also when there are gaps below, and the gaps are free.
#include "tty.h"

#define COUNT 12

int main(void)
{
	unsigned int numbers[COUNT], lowest;
	int master[COUNT], i, next;

	for (i = 0; i < COUNT; i++) {
		master[i] = SYS(posix_openpt(O_RDWR | O_NOCTTY));
		numbers[i] = tty_number(master[i]);
	}
	lowest = numbers[0];
	for (i = 0; i < COUNT; i++) {
		if (numbers[i] < lowest)
			lowest = numbers[i];
		if (i % 3 != 2)
			SYS(close(master[i]));
	}
	ckpt_ready();
	for (i = 2; i < COUNT; i += 3)
		CHECK_EQ(tty_number(master[i]), numbers[i]);
	next = SYS(posix_openpt(O_RDWR | O_NOCTTY));
	CHECK(tty_number(next) <= lowest);
	return ckpt_pass();
}
