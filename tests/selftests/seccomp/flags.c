// SPDX-License-Identifier: GPL-2.0-only
//
// SECCOMP_FILTER_FLAG_LOG stays with the filters that were installed with it, and comes to no other: as
// PTRACE_SECCOMP_GET_METADATA tells. The programs are the same, as PTRACE_SECCOMP_GET_FILTER tells.
//
// MODES: -new-pid
#include "filters.h"
#include <sys/ptrace.h>

#ifndef PTRACE_SECCOMP_GET_METADATA
#define PTRACE_SECCOMP_GET_METADATA 0x420d
#endif

#define COUNT 5

struct metadata {
	uint64_t filter_off, flags;
};

struct told {
	struct metadata of[COUNT];
	struct sock_filter program[COUNT][8];
	long len[COUNT];
};

static void child(void *argument)
{
	int i;

	(void)argument;
	filters_no_new_privs();
	for (i = 0; i < COUNT; i++)
		filters_add(SYS_times, SECCOMP_RET_ERRNO | (100 + i),
			    i % 2 ? SECCOMP_FILTER_FLAG_LOG : 0);
	tree_report(tree_wait());
	/* What is asked is asked of a live one. */
	tree_until(&tree->word[0], 1);
}

/* Asks in the place of a debugger. */
static void ask(pid_t pid, struct told *told)
{
	int status, i;

	memset(told, 0, sizeof(*told));
	SYS(ptrace(PTRACE_SEIZE, pid, 0, 0));
	SYS(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	SYS(waitpid(pid, &status, __WALL));
	for (i = 0; i < COUNT; i++) {
		told->of[i].filter_off = i;
		SYS(ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(told->of[i]), &told->of[i]));
		told->len[i] = SYS(ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, told->program[i]));
	}
	CHECK_ERRNO(ptrace(PTRACE_SECCOMP_GET_FILTER, pid, COUNT, NULL), ENOENT);
	SYS(ptrace(PTRACE_DETACH, pid, 0, 0));
}

int main(void)
{
	struct told *before, now;
	pid_t pid;
	int i;

	if (getuid() != 0)
		ckpt_skip("needs root");
	before = ckpt_anon(CKPT_PAGE);
	tree_start();
	pid = tree_fork(child, NULL);
	tree_wait_count(&tree->ready, 1, "are ready");
	ask(pid, before);
	tree_go(1);
	tree_end(1);
	ask(tree->task[1].tid, &now);
	for (i = 0; i < COUNT; i++) {
		CHECK_EQ(now.of[i].flags, i % 2 ? SECCOMP_FILTER_FLAG_LOG : 0);
		CHECK_EQ(now.len[i], 4);
		CHECK_EQ(now.program[i][2].k, SECCOMP_RET_ERRNO | (100 + i));
	}
	CHECK_EQ(memcmp(&now, before, sizeof(now)), 0);
	tree_store(&tree->word[0], 1);
	tree_reap_all(1);
	return ckpt_pass();
}
