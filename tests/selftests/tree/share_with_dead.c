// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptors and directories of a process that has died are kept by the one that
// shared them with it.
#include "tree.h"

static int heir(void *argument)
{
	pid_t parent = getppid();
	char text[8] = "";
	int place;

	(void)argument;
	tree_store(&tree->word[0], 1);
	while (getppid() == parent)
		usleep(1000);
	place = tree_wait();
	CHECK_EQ(pread(tree->word[1], text, 5, 0), 5);
	CHECK_STR(text, "first");
	CHECK_EQ(umask(0), 0135);
	tree_report(place);
	return 0;
}

static void first(void *argument)
{
	int fd;

	(void)argument;
	umask(0135);
	ckpt_write_file("file", "first", 5);
	tree_clone(heir, NULL, CLONE_FILES | CLONE_FS | SIGCHLD);
	fd = SYS(open("file", O_RDONLY));
	tree->word[1] = fd;
	tree_until(&tree->word[0], 1);
	_exit(0);
}

int main(void)
{
	tree_start();
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	tree_reap(tree_fork(first, NULL));
	tree_go(1);
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
