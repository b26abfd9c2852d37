/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session on a pseudo-terminal whose master the root of the tree has. What the tests prove stands in
 * them.
 */
#ifndef CKPT_TTY_SESSION_H
#define CKPT_TTY_SESSION_H

#include "../tree/tree.h"
#include "tty.h"

static int master, slave;

/* The caller leads a session that the terminal controls, and has nothing else of the pair. */
static inline void session_lead(void)
{
	SYS(setsid());
	SYS(ioctl(slave, TIOCSCTTY, 0));
	SYS(close(master));
}

/* A process group of its own for the caller. */
static inline void session_job(void)
{
	SYS(setpgid(0, 0));
}

/* What the caller may do without being in the foreground. */
static inline void session_foreground(pid_t group)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTTOU);
	SYS(sigprocmask(SIG_BLOCK, &stops, NULL));
	SYS(tcsetpgrp(slave, group));
	SYS(sigprocmask(SIG_UNBLOCK, &stops, NULL));
}

static inline void session_start(void)
{
	tree_start();
	tty_pair(&master, &slave);
}

#endif
