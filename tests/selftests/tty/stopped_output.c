// SPDX-License-Identifier: GPL-2.0-only
//
// Output that was stopped, by a call or by a character, stays stopped until it is started, and echoes
// that could not be written come then.
#include "tty.h"

static void stop_by_character(int master, int slave)
{
	char byte = 's';
	int count = 0;

	tty_write(master, "\023");
	/* It takes effect when it has been received. */
	for (; write(slave, &byte, 1) == 1; count++)
		usleep(1000);
	CHECK_EQ(errno, EAGAIN);
	tty_until(master, count);
	while (count-- > 0)
		CHECK_EQ(read(master, &byte, 1), 1);
}

int main(void)
{
	int call_master, call_slave, typed_master, typed_slave;
	char text[256] = "";
	ssize_t n;

	tty_pair(&call_master, &call_slave);
	SYS(tcflow(call_slave, TCOOFF));
	SYS(fcntl(call_slave, F_SETFL, O_RDWR | O_NONBLOCK));
	tty_pair(&typed_master, &typed_slave);
	SYS(fcntl(typed_slave, F_SETFL, O_RDWR | O_NONBLOCK));
	stop_by_character(typed_master, typed_slave);
	tty_write(typed_master, "echo\n");
	tty_until(typed_slave, 5);
	ckpt_ready();
	CHECK_ERRNO(write(call_slave, "x", 1), EAGAIN);
	CHECK_ERRNO(write(typed_slave, "x", 1), EAGAIN);
	SYS(tcflow(call_slave, TCOON));
	tty_write(call_slave, "started");
	tty_expect(call_master, "started");
	tty_silent(typed_master);
	tty_write(typed_master, "\021");
	n = SYS(read(typed_master, text, sizeof(text)));
	while (n < 6)
		n += SYS(read(typed_master, text + n, sizeof(text) - n));
	CHECK_STR(text, "echo\r\n");
	tty_write(typed_slave, "!");
	tty_expect(typed_master, "!");
	tty_expect(typed_slave, "echo\n");
	return ckpt_pass();
}
