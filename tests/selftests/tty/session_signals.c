// SPDX-License-Identifier: GPL-2.0-only
//
// What is typed to interrupt, a change of the size and the end of the terminal reach after the restart
// whom they should: the group in the foreground, and the leader of the session.
//
// MODES: -new-pid
#include "session.h"

/* Signals that have come, in the order in which they are waited for. */
static void expect(int wanted)
{
	const struct timespec patience = { .tv_sec = CKPT_GO_SECONDS };
	sigset_t all;

	sigemptyset(&all);
	sigaddset(&all, SIGINT);
	sigaddset(&all, SIGWINCH);
	sigaddset(&all, SIGHUP);
	CHECK_EQ(SYS(sigtimedwait(&all, NULL, &patience)), wanted);
}

static void job(void *argument)
{
	int place;

	(void)argument;
	session_job();
	session_foreground(getpgrp());
	place = tree_wait();
	expect(SIGINT);
	tree_report(place);
	expect(SIGWINCH);
	tree_report(place);
	/* Of the leader's end. */
	expect(SIGHUP);
	tree_report(place);
}

static void leader(void *argument)
{
	sigset_t waiting;
	int place;
	pid_t child;

	(void)argument;
	session_lead();
	child = tree_fork(job, NULL);
	while (tcgetpgrp(slave) != child)
		usleep(1000);
	place = tree_wait();
	expect(SIGHUP);
	SYS(sigpending(&waiting));
	CHECK(!sigismember(&waiting, SIGINT) && !sigismember(&waiting, SIGWINCH));
	CHECK_EQ(read(slave, &child, 1), 0);
	tree_report(place);
}

int main(void)
{
	const struct winsize size = { .ws_row = 12, .ws_col = 34 };
	sigset_t all;

	sigfillset(&all);
	SYS(sigprocmask(SIG_BLOCK, &all, NULL));
	/* Whose parent has ended is this process's child. */
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	session_start();
	tree_fork(leader, NULL);
	tree_go(2);
	tty_write(master, "\003");
	tree_end(1);
	SYS(ioctl(master, TIOCSWINSZ, &size));
	tree_end(2);
	SYS(close(master));
	tree_end(4);
	tree_reap_all(2);
	return ckpt_pass();
}
