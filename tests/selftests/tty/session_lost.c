// SPDX-License-Identifier: GPL-2.0-only
//
// A session that has lost its terminal has none, and the group that was in its foreground is told at
// the end of the leader, after the restart as well.
//
// MODES: -new-pid
#include "session.h"

static void job(void *argument)
{
	const struct timespec patience = { .tv_sec = CKPT_GO_SECONDS };
	sigset_t hangup;
	int place;

	(void)argument;
	session_job();
	session_foreground(getpgrp());
	place = tree_wait();
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	tree_report(place);
	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	CHECK_EQ(SYS(sigtimedwait(&hangup, NULL, &patience)), SIGHUP);
	tree_report(place);
}

static void leader(void *argument)
{
	pid_t child;
	char byte;
	int place;

	(void)argument;
	session_lead();
	child = tree_fork(job, NULL);
	while (tcgetpgrp(slave) != child)
		usleep(1000);
	tty_write(slave, "lost");
	/* Hung up when the master has been closed. */
	while (read(slave, &byte, 1) != 0)
		usleep(1000);
	place = tree_wait();
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	tree_report(place);
	/* The job looks whose child it is. */
	tree_end(2);
}

int main(void)
{
	sigset_t all;

	sigfillset(&all);
	SYS(sigprocmask(SIG_BLOCK, &all, NULL));
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	session_start();
	tree_fork(leader, NULL);
	tty_expect(master, "lost");
	SYS(close(master));
	tree_go(2);
	tree_end(3);
	tree_reap_all(2);
	return ckpt_pass();
}
