// SPDX-License-Identifier: GPL-2.0-only
//
// A pseudo-terminal is refused; it goes on working.
//
// EXPECT: refused EOPNOTSUPP "fd 3|fd 4" "tty|terminal|pty|pts|ptmx|/dev/"
// LIBS: -lutil
#include "../ckpt_test.h"
#include <pty.h>

int main(void)
{
	int master, slave;
	char text[8] = "";

	SYS(openpty(&master, &slave, NULL, NULL, NULL));
	ckpt_ready();
	CHECK_EQ(write(slave, "out", 3), 3);
	CHECK_EQ(read(master, text, sizeof(text)), 3);
	CHECK_STR(text, "out");
	return ckpt_pass();
}
