// SPDX-License-Identifier: GPL-2.0-only
//
// Files that a parent owns tell its child, the group of its children, and one of its threads: the
// same ones after a restart, whatever their numbers are.
#include "tree.h"
#include "../files/owner.h"

static void child(void *argument)
{
	int place;

	SYS(setpgid(0, argument ? *(pid_t *)argument : 0));
	place = tree_wait();
	if (!argument)
		owner_signal(SIGUSR1);
	owner_signal(SIGUSR2);
	owner_none(SIGUSR1);
	owner_none(SIGRTMIN);
	tree_report(place);
}

static void *thread(void *argument)
{
	int place = tree_wait();

	owner_signal(SIGRTMIN);
	tree_report(place);
	return argument;
}

/* A pipe that tells this owner by that signal; its writing end. */
static int pipe_of(int type, pid_t owner, int signal, int *reader)
{
	int end[2];

	SYS(pipe(end));
	owner_set(end[0], type, owner);
	SYS(fcntl(end[0], F_SETSIG, signal));
	SYS(fcntl(end[0], F_SETFL, O_ASYNC));
	*reader = end[0];
	return end[1];
}

int main(void)
{
	int writer[3], reader[3], i;
	pid_t first;

	tree_start();
	owner_block(SIGUSR1);
	owner_block(SIGUSR2);
	owner_block(SIGRTMIN);
	first = tree_fork(child, NULL);
	tree_wait_count(&tree->ready, 1, "are ready");
	tree_fork(child, &first);
	tree_wait_count(&tree->ready, 2, "are ready");
	tree_thread(thread, NULL);
	tree_wait_count(&tree->ready, 3, "are ready");
	writer[0] = pipe_of(F_OWNER_PID, first, SIGUSR1, &reader[0]);
	writer[1] = pipe_of(F_OWNER_PGRP, first, SIGUSR2, &reader[1]);
	writer[2] = pipe_of(F_OWNER_TID, tree->task[3].tid, SIGRTMIN, &reader[2]);
	tree_go(3);
	for (i = 0; i < 3; i++)
		CHECK_EQ(write(writer[i], "x", 1), 1);
	owner_check(reader[0], F_OWNER_PID, first);
	owner_check(reader[1], F_OWNER_PGRP, first);
	tree_end(3);
	owner_none(SIGUSR1);
	owner_none(SIGUSR2);
	tree_reap_all(2);
	return ckpt_pass();
}
