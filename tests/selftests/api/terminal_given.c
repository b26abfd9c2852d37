// SPDX-License-Identifier: GPL-2.0-only
//
// A terminal whose master is outside of the tree is replaced by the one that the restarter gives
// (CKPT_INHERIT_TERMINAL): it is opened again for each open file, gets the modes as far as they are not
// locked, and becomes the controlling terminal. What is no such terminal, or controls another session, is
// refused with the reason.
//
// MODES: plain
#include "api.h"
#include "../tty/tty.h"

#define INTERRUPT 24
#define SIZE_ROWS 41

static char path[32];

/* What it finds afterwards; the number of the line that is wrong is what it exits with. */
#define HAS(condition)				\
	do {					\
		if (!(condition))		\
			_exit(__LINE__);	\
	} while (0)

static void leads_session(void)
{
	struct winsize size;
	struct termios modes;
	pid_t session;
	int number;

	SYS(setsid());
	/* 3: the terminal, which now controls the session; 4: /dev/tty; 5: once more. */
	SYS(open(path, O_RDWR));
	SYS(open("/dev/tty", O_RDWR));
	SYS(open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY));
	modes = tty_modes(3);
	modes.c_lflag &= ~(ECHO | ICANON);
	modes.c_cc[VINTR] = INTERRUPT;
	tty_set_modes(3, &modes);
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	HAS(tcgetpgrp(3) == getpid());
	HAS(ioctl(3, TIOCGSID, &session) == 0 && session == getpid());
	HAS(tcgetpgrp(4) == getpid());
	HAS((number = open("/dev/tty", O_RDWR)) == 6);
	HAS((fcntl(3, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == O_RDWR);
	HAS((fcntl(5, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == (O_WRONLY | O_NONBLOCK));
	modes = tty_modes(5);
	HAS(modes.c_cc[VINTR] == INTERRUPT);
	/* Echo is locked as it was, lines are not. */
	HAS((modes.c_lflag & (ECHO | ICANON)) == ECHO);
	HAS(ioctl(3, TIOCGWINSZ, &size) == 0 && size.ws_row == SIZE_ROWS);
	HAS(write(5, "over", 4) == 4);
	_exit(TARGET_EXIT);
}

static int image;

/* Tries with this descriptor for the terminal, if it is one; gives what becomes of the child. */
static int try(int terminal, int error, const char *text)
{
	struct ckpt_inherit table = { .image_fd = CKPT_INHERIT_TERMINAL, .fd = terminal };
	struct ckpt_restart restart = { .size = sizeof(restart), .fd = image,
					.cgroup_fd = CKPT_FD_NONE, .nr_inherit = terminal >= 0,
					.inherit = (unsigned long)&table };
	static char said[4096];
	int result;

	SYS(lseek(image, 0, SEEK_SET));
	restart.logfd = new_file("log");
	device();
	restart.pid = SYS(fork());
	if (restart.pid == 0) {
		SYS(setsid());
		child_restarts();
	}
	result = ioctl(device(), CKPT_IOC_RESTART, &restart) < 0 ? errno : 0;
	ckpt_read_file("log", said, sizeof(said));
	SYS(close(restart.logfd));
	if (result == 0 && error)
		ckpt_fail("wanted \"%s\", but it ends with %d", text, exit_status(restart.pid));
	if (result != error || !strstr(said, text))
		ckpt_fail("wanted \"%s\" (%s), got error %d: %s", text, strerror(error), result, said);
	return exit_status(restart.pid);
}

/* A terminal that controls the session of somebody else. */
static pid_t controls(const char *terminal)
{
	int end[2];
	char byte;
	pid_t pid;

	SYS(pipe(end));
	pid = SYS(fork());
	if (pid == 0) {
		SYS(setsid());
		SYS(open(terminal, O_RDWR));
		SYS(write(end[1], "", 1));
		for (;;)
			pause();
	}
	CHECK_EQ(SYS(read(end[0], &byte, 1)), 1);
	SYS(close(end[0]));
	SYS(close(end[1]));
	return pid;
}

int main(void)
{
	const int killed = 1000 + SIGKILL;
	struct termios locked = {};
	int master, slave, end[2];
	pid_t other;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	tty_pair(&master, &slave);
	tty_path(path, master);
	image = image_of_target("image", leads_session);
	SYS(close(slave));
	SYS(close(master));

	CHECK_EQ(try(-1, ENOTTY, "no terminal is given"), killed);
	SYS(pipe(end));
	CHECK_EQ(try(end[0], ENOTTY, "not the slave"), killed);
	tty_pair(&master, &slave);
	CHECK_EQ(try(master, ENOTTY, "not the slave"), killed);

	tty_path(path, master);
	other = controls(path);
	CHECK_EQ(try(slave, EPERM, "controls another session"), killed);
	SYS(kill(other, SIGKILL));
	SYS(waitpid(other, NULL, 0));
	SYS(ioctl(slave, TIOCVHANGUP));
	CHECK_EQ(try(slave, ENOTTY, "not the slave"), killed);
	SYS(close(slave));
	SYS(close(master));

	tty_pair(&master, &slave);
	locked.c_lflag = ECHO;
	SYS(ioctl(slave, TIOCSLCKTRMIOS, &locked));
	SYS(ioctl(master, TIOCSWINSZ, &(struct winsize){ .ws_row = SIZE_ROWS }));
	ckpt_write_file("target-go", "", 0);
	CHECK_EQ(try(slave, 0, ""), TARGET_EXIT);
	tty_expect(master, "over");
	SYS(unlink("target-go"));
	return ckpt_pass();
}
