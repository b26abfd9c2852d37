// SPDX-License-Identifier: GPL-2.0-only
//
// A zombie that has dumped core is still told to have done so.
#include "tree.h"
#include <sys/resource.h>

static void dumps(void *argument)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)argument;
	SYS(mkdir("dump", 0755));
	SYS(chdir("dump"));
	SYS(setrlimit(RLIMIT_CORE, &limit));
	abort();
}

int main(void)
{
	siginfo_t info;
	pid_t pid;

	tree_start();
	pid = tree_zombie(dumps, NULL);
	SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	if (info.si_code != CLD_DUMPED)
		ckpt_skip("no core dumps here");
	tree_go(0);
	info.si_code = 0;
	SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_code, CLD_DUMPED);
	CHECK_EQ(info.si_status, SIGABRT);
	CHECK_EQ(tree_status(pid), SIGABRT | WCOREFLAG);
	return ckpt_pass();
}
