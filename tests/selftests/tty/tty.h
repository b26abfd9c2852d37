/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pseudo-terminals for tests: opening a pair, waiting for what is on its way, comparing what comes.
 * What the tests prove stands in them.
 */
#ifndef CKPT_TTY_H
#define CKPT_TTY_H

#include "../ckpt_test.h"
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

/* Both ends of a new pair, none of which becomes a controlling terminal. */
static inline void tty_pair(int *master, int *slave)
{
	SYS(openpty(master, slave, NULL, NULL, NULL));
}

/* N of /dev/pts/N. */
static inline unsigned int tty_number(int master)
{
	unsigned int number;

	SYS(ioctl(master, TIOCGPTN, &number));
	return number;
}

static inline void tty_path(char *path, int master)
{
	snprintf(path, 32, "/dev/pts/%u", tty_number(master));
}

static inline struct termios tty_modes(int fd)
{
	struct termios modes;

	SYS(tcgetattr(fd, &modes));
	return modes;
}

static inline void tty_set_modes(int fd, const struct termios *modes)
{
	SYS(tcsetattr(fd, TCSANOW, modes));
}

/* No processing at all: bytes go through as they are. */
static inline void tty_raw(int fd)
{
	struct termios modes = tty_modes(fd);

	cfmakeraw(&modes);
	tty_set_modes(fd, &modes);
}

/* No echo. */
static inline void tty_quiet(int fd)
{
	struct termios modes = tty_modes(fd);

	modes.c_lflag &= ~(ECHO | ECHONL);
	tty_set_modes(fd, &modes);
}

static inline int tty_readable(int fd)
{
	int count;

	SYS(ioctl(fd, FIONREAD, &count));
	return count;
}

/* Waits until so many bytes can be read. */
static inline void tty_until(int fd, int count)
{
	while (tty_readable(fd) < count)
		usleep(1000);
}

static inline void tty_write(int fd, const char *text)
{
	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* Reads exactly the text. */
static inline void tty_expect(int fd, const char *text)
{
	char got[512] = "";
	size_t len = strlen(text), done = 0;
	ssize_t n;

	CHECK(len < sizeof(got));
	while (done < len) {
		n = SYS(read(fd, got + done, len - done));
		CHECK(n > 0);
		done += n;
	}
	CHECK_STR(got, text);
}

/* Nothing can be read. */
static inline void tty_silent(int fd)
{
	int flags = SYS(fcntl(fd, F_GETFL));
	char byte;

	SYS(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
	CHECK_ERRNO(read(fd, &byte, 1), EAGAIN);
	SYS(fcntl(fd, F_SETFL, flags));
}

#endif
