/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whichever allocation or user copy of the restart of a tree fails, of one of its tasks
 * or of the coordinator's: a clean error and nobody is left, or all of them go on.
 */
#ifndef FAULTS_RESTART_TREE_H
#define FAULTS_RESTART_TREE_H

#include "faults.h"

/* A member, or the coordinator behind them. */
static int who;
static unsigned int nth;

static inline void arms(enum member me)
{
	if ((int)me == who)
		faults_arm(gettid(), nth);
}

/* One restart; whether the fault has happened. */
static inline bool restarts(int image)
{
	struct family_entry entry = family_entry();
	bool happened = true;
	pid_t grandpa;
	int error, i;

	entry.before = arms;
	grandpa = family_born(&entry);
	if (who == MEMBERS)
		faults_arm(gettid(), nth);
	error = family_coordinates(grandpa, again(image), &entry, faults_new_log());
	if (who == MEMBERS)
		happened = faults_happened(gettid());
	else if (error == 0)
		happened = faults_happened(tree->task[LIVE(who)].pid);
	faults_arm(gettid(), 0);
	SYS(close(entry.device));
	if (error == 0) {
		family_ends_well(grandpa);
		return happened;
	}
	if (!happened)
		ckpt_fail("restart without a fault: %s", strerror(error));
	/* Who was on the roll is dead; who was not yet goes on waiting for a coordinator. */
	for (i = 0; i < MEMBERS; i++)
		if (tree->task[LIVE(i)].pid)
			kill(tree->task[LIVE(i)].pid, SIGKILL);
	family_gone(LIVE(0));
	/* A task that has failed before anybody has called it is just not there. */
	if (error == ESRCH && who < MEMBERS && tree->task[LIVE(who)].value)
		error = tree->task[LIVE(who)].value;
	faults_fit(who, nth, error);
	return true;
}

/* Walks through the restarts of a tree, with faults of this member, or of the coordinator. */
static inline int walk_tree(int member)
{
	int image = image_of_family("image");

	faults_start();
	who = member;
	for (nth = 1; restarts(image); nth++)
		;
	CHECK(nth > 20);
	dprintf(STDERR_FILENO, "%u faults\n", nth - 1);
	CHECK_EQ(faults_wrong, 0);
	return ckpt_pass();
}

#endif /* FAULTS_RESTART_TREE_H */
