/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of credentials share: what the kernel tells of those of the
 * calling thread, to be compared with what it told before.
 */
#ifndef CRED_H
#define CRED_H

#include "../tree/tree.h"
#include <grp.h>
#include <sys/fsuid.h>
#include <linux/capability.h>
#include <linux/securebits.h>

#define NOBODY 65534

struct cred_seen {
	char status[2048];
	int securebits, dumpable, pdeath_signal;
};

/* The lines of /proc/thread-self/status about credentials; the directory has been opened before. */
static inline void cred_look(struct cred_seen *seen)
{
	static const char *const lines[] = { "Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:",
					     "CapBnd:", "CapAmb:", "NoNewPrivs:" };
	char path[64], text[8192], *line, *rest;
	size_t i, at = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)syscall(SYS_gettid));
	ckpt_read_file(path, text, sizeof(text));
	memset(seen, 0, sizeof(*seen));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		for (i = 0; i < ARRAY_SIZE(lines); i++)
			if (strncmp(line, lines[i], strlen(lines[i])) == 0)
				at += snprintf(seen->status + at, sizeof(seen->status) - at, "%s\n", line);
	seen->securebits = SYS(prctl(PR_GET_SECUREBITS));
	seen->dumpable = SYS(prctl(PR_GET_DUMPABLE));
	SYS(prctl(PR_GET_PDEATHSIG, &seen->pdeath_signal));
}

static inline void cred_compare(const struct cred_seen *before)
{
	struct cred_seen now;

	cred_look(&now);
	CHECK_STR(now.status, before->status);
	CHECK_EQ(now.securebits, before->securebits);
	CHECK_EQ(now.dumpable, before->dumpable);
	CHECK_EQ(now.pdeath_signal, before->pdeath_signal);
}

/* Sets all three sets of the calling thread. */
static inline void cred_set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ effective, permitted, inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	SYS(syscall(SYS_capset, &head, data));
}

#endif /* CRED_H */
