// SPDX-License-Identifier: GPL-2.0-only
//
// Both ends of a pseudo-terminal are there again, with number, name, modes and size, and nobody hears
// of a change of the size.
#include "tty.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

static volatile int resized;

static void handler(int signal)
{
	(void)signal;
	resized++;
}

int main(void)
{
	const struct winsize size = { 33, 77, 660, 924 };
	char path[32], name[32];
	struct termios modes, after;
	struct winsize now;
	unsigned int number;
	int master, slave;
	struct stat stat;

	tty_pair(&master, &slave);
	modes = tty_modes(slave);
	modes.c_iflag = ISTRIP | IXANY | IUTF8;
	modes.c_oflag = OPOST;
	modes.c_lflag &= ~(ECHO | ICANON);
	modes.c_cc[VMIN] = 3;
	modes.c_cc[VTIME] = 7;
	modes.c_cc[VINTR] = 0x1f;
	cfsetospeed(&modes, B9600);
	tty_set_modes(slave, &modes);
	modes = tty_modes(slave);
	SYS(ioctl(master, TIOCSWINSZ, &size));
	number = tty_number(master);
	tty_path(path, master);
	signal(SIGWINCH, handler);
	ckpt_ready();
	CHECK_EQ(tty_number(master), number);
	tty_path(name, master);
	CHECK_STR(name, path);
	CHECK_STR(ttyname(slave), path);
	SYS(fstat(slave, &stat));
	CHECK_EQ(minor(stat.st_rdev), number);
	SYS(ioctl(slave, TIOCGWINSZ, &now));
	CHECK(memcmp(&now, &size, sizeof(size)) == 0);
	/* The same size again is no change. */
	SYS(ioctl(master, TIOCSWINSZ, &size));
	CHECK_EQ(resized, 0);
	after = tty_modes(slave);
	CHECK_EQ(after.c_iflag, modes.c_iflag);
	CHECK_EQ(after.c_oflag, modes.c_oflag);
	CHECK_EQ(after.c_cflag, modes.c_cflag);
	CHECK_EQ(after.c_lflag, modes.c_lflag);
	CHECK_EQ(cfgetospeed(&after), B9600);
	CHECK(memcmp(&modes.c_cc, &after.c_cc, sizeof(after.c_cc)) == 0);
	tty_write(slave, "out");
	tty_expect(master, "out");
	tty_write(master, "in!");
	tty_expect(slave, "in!");
	return ckpt_pass();
}
