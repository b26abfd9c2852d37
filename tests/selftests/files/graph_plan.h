/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of system calls that is made up from a seed: which process makes which
 * kind of call.  What a call is about (which descriptor, how many bytes) is drawn
 * from the numbers in its step when it is made, out of what the process has then.
 * The list ends with the save and with a look at all that has come back.
 */
#ifndef GRAPH_PLAN_H
#define GRAPH_PLAN_H

#include "../tree/tree.h"

#define PROCESSES_MAX 8
#define STEPS_MAX 1000

enum call {
	/* What a graph is made of, */
	CALL_PIPE, CALL_FIFO, CALL_FILE, CALL_OTHER_FILE, CALL_EVENTFD, CALL_TIMERFD, CALL_SIGNALFD,
	CALL_PIDFD, CALL_EPOLL,
	/* what happens to it, */
	CALL_DUP, CALL_DUP_TO, CALL_CLOSE, CALL_REOPEN, CALL_CLOEXEC, CALL_FLAGS, CALL_PIPE_SIZE,
	CALL_WRITE, CALL_READ, CALL_SEEK, CALL_SPLICE, CALL_TEE, CALL_EPOLL_CTL, CALL_EPOLL_WAIT,
	/* who has it. */
	CALL_FORK, CALL_UNSHARE, CALL_EXIT,
	/* What every plan ends with. */
	AWAIT_EXIT, SAVE, SAY_WHO, LOOK, COMPARE, LOOK_AT_SETS, DRAIN, FILL, END,
};

struct step {
	enum call call;
	/* Who does it; whom it is about. */
	int process, other;
	uint64_t number[4];
};

static struct step steps[STEPS_MAX];
static int nr_steps, nr_processes;
static bool lives[PROCESSES_MAX];

static uint64_t plan_seed, plan_drawn;

static inline uint64_t draw(uint64_t limit)
{
	return ckpt_mix(plan_seed, plan_drawn++) % limit;
}

static inline void plan_step(enum call call, int process, int other)
{
	struct step *step = &steps[nr_steps++];
	int i;

	*step = (struct step){ .call = call, .process = process, .other = other };
	for (i = 0; i < 4; i++)
		step->number[i] = draw(1ull << 62);
}

static inline enum call plan_call(void)
{
	/* How often each comes. */
	static const struct {
		enum call call;
		int weight;
	} calls[] = {
		{ CALL_PIPE, 8 },      { CALL_FIFO, 4 },       { CALL_FILE, 6 },
		{ CALL_OTHER_FILE, 3 }, { CALL_EVENTFD, 6 },   { CALL_TIMERFD, 5 },
		{ CALL_SIGNALFD, 2 },  { CALL_PIDFD, 3 },      { CALL_EPOLL, 3 },
		{ CALL_DUP, 6 },       { CALL_DUP_TO, 8 },     { CALL_CLOSE, 10 },
		{ CALL_REOPEN, 4 },    { CALL_CLOEXEC, 4 },    { CALL_FLAGS, 4 },
		{ CALL_PIPE_SIZE, 2 }, { CALL_WRITE, 14 },     { CALL_READ, 6 },
		{ CALL_SEEK, 2 },      { CALL_SPLICE, 2 },     { CALL_TEE, 2 },
		{ CALL_EPOLL_CTL, 22 }, { CALL_EPOLL_WAIT, 6 }, { CALL_FORK, 6 },
		{ CALL_UNSHARE, 1 },   { CALL_EXIT, 2 },
	};
	int sum = 0, at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		sum += calls[i].weight;
	at = draw(sum);
	for (i = 0; at >= calls[i].weight; i++)
		at -= calls[i].weight;
	return calls[i].call;
}

static inline int plan_process(void)
{
	int process;

	do
		process = draw(nr_processes);
	while (!lives[process]);
	return process;
}

/* Something that all who live do, one after the other. */
static inline void plan_all(enum call call)
{
	int process;

	for (process = 0; process < nr_processes; process++)
		if (lives[process])
			plan_step(call, process, -1);
}

static inline void plan_make(uint64_t seed, int size)
{
	int i, process;

	plan_seed = seed;
	nr_processes = 1;
	lives[0] = true;
	if (size <= 0)
		size = 20 + draw(100);
	if (size > STEPS_MAX / 2)
		size = STEPS_MAX / 2;
	for (i = 0; i < size; i++) {
		enum call call = plan_call();

		process = plan_process();
		if (call == CALL_FORK) {
			if (nr_processes == PROCESSES_MAX)
				continue;
			plan_step(call, process, nr_processes);
			lives[nr_processes++] = true;
		} else if (call == CALL_EXIT) {
			if (process == 0)
				continue;
			plan_step(call, process, process);
			plan_step(AWAIT_EXIT, 0, process);
			lives[process] = false;
		} else {
			plan_step(call, process, draw(nr_processes));
		}
	}
	plan_step(SAVE, 0, -1);
	plan_all(SAY_WHO);
	plan_all(LOOK);
	plan_step(COMPARE, 0, -1);
	plan_all(LOOK_AT_SETS);
	plan_all(DRAIN);
	plan_all(FILL);
	plan_all(LOOK_AT_SETS);
	for (process = nr_processes - 1; process >= 0; process--)
		if (lives[process])
			plan_step(END, process, -1);
}

#endif /* GRAPH_PLAN_H */
