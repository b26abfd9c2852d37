/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of seccomp share: filters that can be seen, and what the kernel tells of those
 * of the calling thread.
 */
#ifndef FILTERS_H
#define FILTERS_H

#include "../seccomp.h"
#include "../tree/tree.h"

/* One more filter: system call @number gets @action, all others are allowed. */
static inline long filters_try(int number, uint32_t action, unsigned int flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static inline void filters_add(int number, uint32_t action, unsigned int flags)
{
	CHECK_EQ(filters_try(number, action, flags), 0);
}

/* The same for what fails with an error. */
static inline void filters_deny(int number, int error)
{
	filters_add(number, SECCOMP_RET_ERRNO | error, 0);
}

static inline void filters_no_new_privs(void)
{
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

struct filters_seen {
	char status[1024];
};

/* The lines of the thread's status that tell of filters and what goes with them. */
static inline void filters_look(struct filters_seen *seen)
{
	static const char *const lines[] = { "NoNewPrivs:", "Seccomp:", "Seccomp_filters:",
					     "Speculation_Store_Bypass:",
					     "SpeculationIndirectBranch:" };
	char path[64], text[8192], *line, *rest;
	size_t i, at = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)syscall(SYS_gettid));
	ckpt_read_file(path, text, sizeof(text));
	memset(seen, 0, sizeof(*seen));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		for (i = 0; i < ARRAY_SIZE(lines); i++)
			if (strncmp(line, lines[i], strlen(lines[i])) == 0)
				at += snprintf(seen->status + at, sizeof(seen->status) - at,
					       "%s\n", line);
}

/* The thread is in this mode, with so many filters. */
static inline void filters_are(int mode, int count)
{
	struct filters_seen seen;
	char wanted[64];

	filters_look(&seen);
	snprintf(wanted, sizeof(wanted), "Seccomp:\t%d\nSeccomp_filters:\t%d\n", mode, count);
	if (!strstr(seen.status, wanted))
		ckpt_fail("%s, wanted %s", seen.status, wanted);
}

static inline void filters_compare(const struct filters_seen *before)
{
	struct filters_seen now;

	filters_look(&now);
	CHECK_STR(now.status, before->status);
}

#endif /* FILTERS_H */
