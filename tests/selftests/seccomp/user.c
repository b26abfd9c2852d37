// SPDX-License-Identifier: GPL-2.0-only
//
// Filters of a task that had no no_new_privs, but CAP_SYS_ADMIN, and has given its rights away since: it has
// both as they were, and may have no more filters.
//
// MODES: -new-pid
#include "../cred/cred.h"
#include "filters.h"

static void child(void *argument)
{
	struct filters_seen filters;
	struct cred_seen seen;
	int place;

	(void)argument;
	filters_deny(SYS_times, 101);
	filters_deny(SYS_sysinfo, 102);
	SYS(setgroups(0, NULL));
	SYS(setresgid(NOBODY, NOBODY, NOBODY));
	SYS(setresuid(NOBODY, NOBODY, NOBODY));
	cred_look(&seen);
	filters_look(&filters);
	place = tree_wait();
	cred_compare(&seen);
	filters_compare(&filters);
	filters_are(SECCOMP_MODE_FILTER, 2);
	CHECK_EQ(SYS(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)), 0);
	CHECK_EQ(filters_try(SYS_times, SECCOMP_RET_ERRNO | 103, 0), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(tree_call(SYS_times, 0, 0, 0, 0, 0), -101);
	tree_report(place);
}

int main(void)
{
	if (getuid() != 0)
		ckpt_skip("needs root");
	tree_start();
	tree_fork(child, NULL);
	tree_go(1);
	tree_end(1);
	tree_reap_all(1);
	filters_are(SECCOMP_MODE_DISABLED, 0);
	return ckpt_pass();
}
