// SPDX-License-Identifier: GPL-2.0-only
//
// Root's checkpoint of a process can be killed while it waits for the lock of the modes of the process's
// terminal, which tasks of the same user hold and want for as long as they like.
//
// MODES: plain
// LIBS: -lutil
#include "held.h"
#include <pty.h>
#include <termios.h>

static int slave, page_file;
static char name[64];

static void has_terminal(void)
{
	SYS(close(slave));
	SYS(setsid());
	become(NOBODY);
	slave = SYS(open(name, O_RDWR));
	SYS(dup2(slave, STDIN_FILENO));
	close_range(3, ~0u, 0);
	raise(SIGSTOP);
	_exit(0);
}

/* More than is copied at once: the lock is kept from one piece to the next. */
static void reads_terminal(pid_t target)
{
	void *page = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, page_file, 0);

	(void)target;
	CHECK(page != MAP_FAILED);
	signal(SIGTTIN, SIG_IGN);
	read(slave, page, 512);
}

static void sets_modes(pid_t target)
{
	struct termios now;

	(void)target;
	signal(SIGTTOU, SIG_IGN);
	SYS(tcgetattr(slave, &now));
	now.c_oflag ^= ONLCR;
	tcsetattr(slave, TCSANOW, &now);
}

int main(void)
{
	static char bytes[512];
	struct termios raw;
	int status, master;
	pid_t pid;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	held_begin(0);
	SYS(openpty(&master, &slave, name, NULL, NULL));
	SYS(tcgetattr(slave, &raw));
	cfmakeraw(&raw);
	SYS(tcsetattr(slave, TCSANOW, &raw));
	SYS(fchown(slave, NOBODY, NOBODY));
	pid = SYS(fork());
	if (pid == 0)
		has_terminal();
	CHECK_EQ(SYS(waitpid(pid, &status, WUNTRACED)), pid);
	CHECK(WIFSTOPPED(status));
	SYS(write(master, bytes, sizeof(bytes)));
	page_file = SYS(open("held/image", O_RDWR));
	held_against(pid, reads_terminal, sets_modes);
	return ckpt_pass();
}
