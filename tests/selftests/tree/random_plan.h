/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tree that is made up from a seed: who makes whom and how, who leads or joins
 * which session and process group, who dies in which way, who is stopped.
 *
 * The plan is made by the root before there is anybody else, so that all tasks
 * know all of it.  Nodes stand in the order in which they come into being: those
 * who make others before those who are made.
 */
#ifndef RANDOM_PLAN_H
#define RANDOM_PLAN_H

#include "tree.h"

#define NODES_MAX 200

enum fate {
	LIVES,
	/* A process that ends and is left as a zombie, or is waited for and leaves no trace. */
	BECOMES_ZOMBIE,
	IS_REAPED,
	/* A single thread that ends, the first one of a process included. */
	ENDS_ALONE,
	/* A thread of a process that ends. */
	ENDS_WITH_PROCESS,
};

struct node {
	bool thread, sibling, session, own_group, stops, stop_told, dumps;
	/* Who makes it; the first thread of its process; the parent's first thread at the end. */
	int maker, process, parent;
	/* Whose group it joins, or -1. Whose group and session it is in at the end: -1: outside. */
	int joins, group, leads;
	int flags, exit_signal, pdeath;
	enum fate fate;
	/* As wait(2) gives it, without the bit for a core dump. */
	int status;
};

struct plan {
	int count;
	struct node node[NODES_MAX];
	uint64_t seed, drawn;
};

static struct plan plan;

/* A number from 0 to below limit. */
static inline int draw(int limit)
{
	return (int)(ckpt_mix(plan.seed, plan.drawn++) % (uint64_t)limit);
}

static inline bool chance(int percent)
{
	return draw(100) < percent;
}

static inline bool process_dies(int process)
{
	return plan.node[process].fate == BECOMES_ZOMBIE || plan.node[process].fate == IS_REAPED;
}

static inline bool lives(int i)
{
	return plan.node[i].fate == LIVES;
}

/* The task of a process that acts for it: its first one, or the first that lives. */
static inline int agent(int process)
{
	int i;

	for (i = process; i < plan.count; i++)
		if (plan.node[i].process == process && lives(i))
			return i;
	return process;
}

static inline int plan_thread_flags(void)
{
	int flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

	if (!chance(15))
		flags |= CLONE_FILES;
	if (!chance(15))
		flags |= CLONE_FS;
	return flags;
}

static inline int plan_process_flags(void)
{
	int flags = 0;

	if (chance(18))
		flags |= CLONE_VM | (chance(50) ? CLONE_SIGHAND : 0);
	if (chance(18))
		flags |= CLONE_FILES;
	if (chance(18))
		flags |= CLONE_FS;
	return flags;
}

static inline void plan_node(int i)
{
	static const int exit_signals[] = { SIGCHLD, SIGCHLD, SIGCHLD, SIGCHLD, SIGUSR1, SIGUSR2, 0 };
	struct node *node = &plan.node[i], *maker;

	node->maker = draw(i);
	maker = &plan.node[node->maker];
	node->thread = chance(30);
	node->joins = -1;
	if (node->thread) {
		node->process = maker->process;
		node->parent = plan.node[maker->process].parent;
		node->flags = plan_thread_flags();
		return;
	}
	node->process = i;
	node->sibling = maker->process != 0 && chance(12);
	node->parent = node->sibling ? plan.node[maker->process].parent : maker->process;
	node->flags = plan_process_flags();
	node->exit_signal = node->sibling ? plan.node[maker->process].exit_signal :
					    exit_signals[draw(ARRAY_SIZE(exit_signals))];
	node->session = chance(20);
	node->own_group = !node->session && chance(20);
	node->pdeath = chance(20) ? SIGUSR2 : 0;
}

/*
 * Whether others have the memory of this process and would be left with nobody
 * who could give it to them: not their parent, not a sibling.
 */
static inline bool gives_memory(int process)
{
	int i;

	for (i = 1; i < plan.count; i++) {
		const struct node *node = &plan.node[i];

		if (node->thread || !(node->flags & CLONE_VM))
			continue;
		if (plan.node[node->maker].process == process || node->parent == process)
			return true;
	}
	return false;
}

static inline void plan_death(int i)
{
	static const int deadly[] = { SIGKILL, SIGTERM, SIGHUP, SIGALRM, SIGABRT, SIGSEGV, SIGXCPU };
	struct node *node = &plan.node[i];

	if (node->thread || i == 0 || !chance(28) || gives_memory(i))
		return;
	node->fate = chance(50) ? BECOMES_ZOMBIE : IS_REAPED;
	if (chance(60))
		node->status = draw(256) << 8;
	else
		node->status = deadly[draw(ARRAY_SIZE(deadly))];
	node->dumps = chance(30) && !(node->flags & CLONE_VM);
}

static inline void plan_end_of_thread(int i)
{
	struct node *node = &plan.node[i];
	int j, others = 0;

	if (process_dies(node->process)) {
		if (node->thread)
			node->fate = ENDS_WITH_PROCESS;
		return;
	}
	for (j = 0; j < plan.count; j++)
		others += j != i && plan.node[j].process == node->process && lives(j);
	if (i != 0 && others > 0 && chance(node->thread ? 20 : 25))
		node->fate = ENDS_ALONE;
}

/* Sessions are left by their leaders alone, groups are joined within a session. */
static inline void plan_groups(void)
{
	int i, j, tries;

	for (i = 0; i < plan.count; i++) {
		struct node *node = &plan.node[i], *maker = &plan.node[node->maker];

		if (node->thread)
			continue;
		maker = &plan.node[maker->process];
		node->leads = node->session ? i : i == 0 ? -1 : maker->leads;
		node->group = node->session ? i : i == 0 ? -1 : maker->group;
	}
	for (i = 1; i < plan.count; i++)
		if (plan.node[i].own_group)
			plan.node[i].group = i;
	for (i = 1; i < plan.count; i++) {
		struct node *node = &plan.node[i];

		if (node->thread || node->session || node->own_group || !chance(40))
			continue;
		for (tries = 0; tries < 8 && node->joins < 0; tries++) {
			j = draw(plan.count);
			if (!plan.node[j].thread && plan.node[j].group == j &&
			    plan.node[j].leads == node->leads)
				node->joins = j;
		}
		if (node->joins >= 0)
			node->group = node->joins;
	}
}

static inline void plan_make(uint64_t seed, int size)
{
	int i;

	memset(&plan, 0, sizeof(plan));
	plan.seed = seed;
	plan.count = size > 0 ? size : 5 + draw(26);
	if (plan.count > NODES_MAX)
		plan.count = NODES_MAX;
	plan.node[0].joins = -1;
	plan.node[0].session = chance(30);
	for (i = 1; i < plan.count; i++)
		plan_node(i);
	plan_groups();
	for (i = 1; i < plan.count; i++)
		plan_death(i);
	for (i = 1; i < plan.count; i++)
		plan_end_of_thread(i);
	for (i = 1; i < plan.count; i++) {
		struct node *node = &plan.node[i];

		/* Orphans go to the root, which is the subreaper. */
		if (!node->thread && process_dies(node->parent))
			node->parent = 0;
		/*
		 * Nobody is stopped in a group of others: were it orphaned, all of
		 * them would be hung up.
		 */
		node->stops = !node->thread && !process_dies(i) && node->group >= 0 && chance(25);
		node->stop_told = chance(60);
	}
}

/* What is made, for whoever has to find out what went wrong. */
static inline void plan_print(void)
{
	static const char *const fates[] = { "lives", "zombie", "reaped", "ends", "ends too" };
	int i;

	dprintf(STDOUT_FILENO, "seed %llu, %d tasks\n", (unsigned long long)plan.seed, plan.count);
	for (i = 0; i < plan.count; i++) {
		const struct node *node = &plan.node[i];

		dprintf(STDOUT_FILENO,
			"%3d %s by %d%s, process %d, parent %d, group %d, session %d, "
			"flags %#x, signal %d: %s",
			i, node->thread ? "thread " : "process", node->maker,
			node->sibling ? " as sibling" : "", node->process, node->parent, node->group,
			node->leads, node->flags, node->exit_signal, fates[node->fate]);
		if (process_dies(i))
			dprintf(STDOUT_FILENO, " with %#x", node->status);
		dprintf(STDOUT_FILENO, "%s\n",
			node->stops ? node->stop_told ? ", stopped" : ", stopped (untold)" : "");
	}
}

#endif /* RANDOM_PLAN_H */
