// SPDX-License-Identifier: GPL-2.0-only
//
// Two processes with one table of descriptors (CLONE_FILES): what one opens or
// closes the other has, too.
#include "tree.h"
#include <linux/kcmp.h>

static int before, after;

static int child(void *argument)
{
	int place;

	(void)argument;
	before = 0;
	tree->task[0].value = SYS(open("before", O_RDWR | O_CREAT, 0644));
	place = tree_wait();
	tree->word[1] = SYS(open("after", O_RDWR | O_CREAT, 0644));
	SYS(close(tree->task[0].value));
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	tree_report(place);
	return 0;
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_clone(child, NULL, CLONE_FILES | SIGCHLD);
	tree_wait_count(&tree->ready, 1, "are ready");
	before = tree->task[0].value;
	SYS(fcntl(before, F_GETFD));
	tree_go(1);
	tree_until(&tree->word[0], 1);
	after = tree->word[1];
	CHECK_EQ(write(after, "x", 1), 1);
	/* Closed by the other; perhaps it is the number that the new one has got. */
	if (after != before)
		CHECK_ERRNO(fcntl(before, F_GETFD), EBADF);
	CHECK(tree_shared(getpid(), pid, KCMP_FILES));
	CHECK(!tree_shared(getpid(), pid, KCMP_VM));
	tree_store(&tree->word[0], 2);
	tree_end(1);
	tree_reap(pid);
	return ckpt_pass();
}
