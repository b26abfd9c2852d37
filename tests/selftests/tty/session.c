// SPDX-License-Identifier: GPL-2.0-only
//
// The session of a terminal has it as its controlling terminal, all processes of it but one that never
// had, with the group in the foreground that was there; nobody has got a signal.
//
// MODES: -new-pid
#include "session.h"

static volatile int signals;

static void handler(int signal)
{
	(void)signal;
	signals++;
}

static void check(pid_t foreground)
{
	int byname;

	CHECK_EQ(SYS(tcgetsid(slave)), getsid(0));
	CHECK_EQ(SYS(tcgetpgrp(slave)), foreground);
	byname = SYS(open("/dev/tty", O_RDWR));
	CHECK_EQ(SYS(tcgetpgrp(byname)), foreground);
	SYS(close(byname));
	CHECK_EQ(signals, 0);
}

static void job(void *argument)
{
	int place;

	(void)argument;
	session_job();
	session_foreground(getpgrp());
	place = tree_wait();
	check(getpgrp());
	tree_report(place);
}

static void earlier(void *argument)
{
	int place = tree_wait();

	(void)argument;
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_ERRNO(tcgetpgrp(slave), ENOTTY);
	tree_report(place);
}

static void leader(void *argument)
{
	int place;
	pid_t child;

	(void)argument;
	SYS(setsid());
	/* Its process has no terminal when it is made. */
	tree_fork(earlier, NULL);
	SYS(ioctl(slave, TIOCSCTTY, 0));
	SYS(close(master));
	child = tree_fork(job, NULL);
	while (tcgetpgrp(slave) != child)
		usleep(1000);
	place = tree_wait();
	check(child);
	tree_report(place);
	tree_reap_all(2);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	const int watched[] = { SIGHUP, SIGWINCH, SIGTTOU, SIGTTIN, SIGINT };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(watched); i++)
		SYS(sigaction(watched[i], &action, NULL));
	session_start();
	tree_fork(leader, NULL);
	tree_go(3);
	CHECK_EQ(signals, 0);
	tree_end(3);
	tree_reap_all(1);
	return ckpt_pass();
}
