// SPDX-License-Identifier: GPL-2.0-only
//
// Each process has its own working directory, umask, limits and nice value.
#include "tree.h"
#include <sys/resource.h>

static void child(void *argument)
{
	long number = (long)argument;
	struct rlimit limit = { .rlim_cur = 100 + number, .rlim_max = 1000 + number };
	char name[32], *cwd;
	int place;

	snprintf(name, sizeof(name), "dir-%ld", number);
	SYS(mkdir(name, 0755));
	SYS(chdir(name));
	umask(number);
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	SYS(setpriority(PRIO_PROCESS, 0, number));
	place = tree_wait();
	cwd = getcwd(NULL, 0);
	CHECK(cwd != NULL);
	CHECK_STR(strrchr(cwd, '/') + 1, name);
	CHECK_EQ(umask(0), number);
	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	CHECK_EQ(limit.rlim_cur, 100 + number);
	CHECK_EQ(limit.rlim_max, 1000 + number);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), number);
	tree_report(place);
}

int main(void)
{
	struct rlimit before, after;

	tree_start();
	umask(0022);
	SYS(getrlimit(RLIMIT_NOFILE, &before));
	tree_fork(child, (void *)7);
	tree_fork(child, (void *)11);
	tree_go(2);
	tree_end(2);
	SYS(getrlimit(RLIMIT_NOFILE, &after));
	CHECK_EQ(after.rlim_max, before.rlim_max);
	CHECK_EQ(umask(0), 0022);
	tree_reap_all(2);
	return ckpt_pass();
}
