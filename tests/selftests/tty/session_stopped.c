// SPDX-License-Identifier: GPL-2.0-only
//
// Jobs that were stopped because they read and wrote in the background go on, when they are brought to
// the foreground after the restart.
//
// MODES: -new-pid -stopped
#include "session.h"
#include <sys/wait.h>

static void reader(void *argument)
{
	char text[16] = "";

	(void)argument;
	session_job();
	CHECK_EQ(SYS(read(slave, text, sizeof(text))), 6);
	CHECK_STR(text, "typed\n");
	_exit(71);
}

static void writer(void *argument)
{
	(void)argument;
	session_job();
	tty_write(slave, "printed");
	_exit(72);
}

static void resume(pid_t job, int status)
{
	int now;

	session_foreground(job);
	SYS(kill(-job, SIGCONT));
	CHECK_EQ(SYS(waitpid(job, &now, 0)), job);
	CHECK_EQ(now, status << 8);
	session_foreground(getpgrp());
}

static void leader(void *argument)
{
	struct termios modes;
	pid_t reads, writes;
	int place, status;

	(void)argument;
	session_lead();
	tty_quiet(slave);
	modes = tty_modes(slave);
	modes.c_lflag |= TOSTOP;
	tty_set_modes(slave, &modes);
	reads = tree_fork(reader, NULL);
	CHECK_EQ(SYS(waitpid(reads, &status, WUNTRACED)), reads);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	writes = tree_fork(writer, NULL);
	CHECK_EQ(SYS(waitpid(writes, &status, WUNTRACED)), writes);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
	place = tree_wait();
	resume(reads, 71);
	resume(writes, 72);
	tree_report(place);
}

int main(void)
{
	session_start();
	tree_fork(leader, NULL);
	tree_go(1);
	tty_write(master, "typed\n");
	tty_expect(master, "printed");
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
