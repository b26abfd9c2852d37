// SPDX-License-Identifier: GPL-2.0-only
//
// Two processes with one working directory and umask (CLONE_FS).
#include "tree.h"
#include <linux/kcmp.h>

static int child(void *argument)
{
	int place;

	(void)argument;
	SYS(chdir("before"));
	umask(0111);
	place = tree_wait();
	SYS(chdir("after"));
	umask(0123);
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	tree_report(place);
	return 0;
}

int main(void)
{
	pid_t pid;
	char *cwd;

	tree_start();
	SYS(mkdir("before", 0755));
	SYS(mkdir("before/after", 0755));
	pid = tree_clone(child, NULL, CLONE_FS | SIGCHLD);
	tree_go(1);
	tree_until(&tree->word[0], 1);
	cwd = getcwd(NULL, 0);
	CHECK(cwd != NULL);
	CHECK_STR(cwd + strlen(cwd) - 13, "/before/after");
	CHECK_EQ(umask(0), 0123);
	CHECK(tree_shared(getpid(), pid, KCMP_FS));
	CHECK(!tree_shared(getpid(), pid, KCMP_FILES));
	tree_store(&tree->word[0], 2);
	tree_end(1);
	tree_reap(pid);
	return ckpt_pass();
}
