// SPDX-License-Identifier: GPL-2.0-only
//
// A process that an ordinary user saves is killed and reaped meanwhile, at any moment, with
// whatever it has that others keep for it: interval timers, terminals, pidfds, threads.
//
// USER: 65534
// MODES: plain
// LIBS: -lpthread
#include "reaped.h"
#include <pthread.h>
#include <sys/time.h>

static void has_timers(void)
{
	const struct itimerval later = { { 1000, 0 }, { 1000, 0 } };

	SYS(setitimer(ITIMER_REAL, &later, NULL));
	SYS(setitimer(ITIMER_VIRTUAL, &later, NULL));
	SYS(setitimer(ITIMER_PROF, &later, NULL));
}

/* The master of a terminal that is the caller's. */
static int takes_terminal(void)
{
	int master, slave;

	SYS(setsid());
	master = SYS(posix_openpt(O_RDWR | O_NOCTTY));
	SYS(grantpt(master));
	SYS(unlockpt(master));
	slave = SYS(open(ptsname(master), O_RDWR));
	SYS(close(slave));
	return master;
}

static void has_terminal(void)
{
	takes_terminal();
}

/* It keeps the number of the group that was in the foreground, which nobody else does. */
static void lost_terminal(void)
{
	int master = takes_terminal(), terminal = SYS(open("/dev/tty", O_RDWR));
	pid_t child;

	signal(SIGHUP, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	child = SYS(fork());
	if (child == 0)
		for (;;)
			pause();
	SYS(setpgid(child, child));
	SYS(tcsetpgrp(terminal, child));
	SYS(kill(child, SIGKILL));
	waitpid(child, NULL, 0);
	SYS(close(terminal));
	SYS(close(master));
}

static void *waits(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void nothing(void)
{
}

/* The first thread has exited; it is reaped when the last one is. */
static void *leader_exits(void *leader)
{
	CHECK_EQ(pthread_join(*(pthread_t *)leader, NULL), 0);
	raise(SIGSTOP);
	return waits(NULL);
}

static void without_leader(void)
{
	static pthread_t leader;
	pthread_t thread;

	leader = pthread_self();
	CHECK_EQ(pthread_create(&thread, NULL, leader_exits, &leader), 0);
	pthread_exit(NULL);
}

static void has_pidfds_of_leaders(void)
{
	pid_t child;
	int i;

	for (i = 0; i < 8; i++) {
		child = reaper_stopped(without_leader);
		SYS(syscall(SYS_pidfd_open, child, 0));
	}
}

static void has_pidfds(void)
{
	pid_t child = reaper_stopped(nothing);

	SYS(syscall(SYS_pidfd_open, getpid(), 0));
	SYS(syscall(SYS_pidfd_open, child, 0));
}

static void has_threads(void)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 16; i++)
		CHECK_EQ(pthread_create(&thread, NULL, waits, NULL), 0);
}

int main(void)
{
	const struct {
		const char *name;
		void (*become)(void);
		int rounds;
	} sorts[] = {
		{ "timers", has_timers, 300 },	  { "a terminal", has_terminal, 60 },
		{ "lost terminal", lost_terminal, 60 }, { "pidfds", has_pidfds, 40 },
		{ "pidfds of first threads", has_pidfds_of_leaders, 30 },
		{ "threads", has_threads, 30 },
	};
	unsigned int i;

	/* A kernel that looks at every access is slow, and sees a race that changes nothing. */
	for (i = 0; i < ARRAY_SIZE(sorts); i++)
		CHECK(reaped_while_saved(sorts[i].name, sorts[i].become,
					 sorts[i].rounds / ckpt_patience(1) + 1) > 0);
	return ckpt_pass();
}
