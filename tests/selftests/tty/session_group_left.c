// SPDX-License-Identifier: GPL-2.0-only
//
// The group in the foreground may have lost its leader: its members are in the foreground; or all its
// members: the leader of the session puts another one there.
//
// MODES: -new-pid
#include "session.h"
#include <sys/wait.h>

static void member(void *argument)
{
	pid_t parent = *(pid_t *)argument;
	int place;

	while (getppid() == parent)
		usleep(1000);
	place = tree_wait();
	tty_expect(slave, "read\n");
	tree_report(place);
}

static void first(void *argument)
{
	pid_t own = getpid();

	(void)argument;
	session_job();
	session_foreground(getpgrp());
	tree_fork(member, &own);
}

static void job(void *argument)
{
	(void)argument;
	session_job();
	session_foreground(getpgrp());
}

/* `run` ends at once, with its process group in the foreground. */
static void leader(void *argument)
{
	void (*run)(void *) = argument;
	int place, status;
	pid_t child;

	session_lead();
	tty_quiet(slave);
	child = tree_fork(run, NULL);
	CHECK_EQ(SYS(waitpid(child, &status, 0)), child);
	place = tree_wait();
	if (run == first) {
		CHECK_EQ(SYS(tcgetpgrp(slave)), child);
	} else {
		session_foreground(getpgrp());
		tty_expect(slave, "read\n");
	}
	tree_report(place);
	/* The end of a leader hangs those in the foreground up. */
	tree_end(3);
}

int main(void)
{
	int other;

	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	signal(SIGHUP, SIG_IGN);
	session_start();
	tree_fork(leader, first);
	other = master;
	SYS(close(slave));
	tty_pair(&master, &slave);
	if (SYS(fork()) == 0) {
		SYS(close(other));
		leader(job);
		_exit(0);
	}
	tree_go(3);
	tty_write(other, "read\n");
	tty_write(master, "read\n");
	tree_end(3);
	tree_reap_all(3);
	return ckpt_pass();
}
