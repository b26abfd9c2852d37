// SPDX-License-Identifier: GPL-2.0-only
//
// A process that has unshared the pid namespace of its children has some in the
// old and some in the new one.
//
// MODES: +pidns
#include "tree.h"

static void inside(void *argument)
{
	long number = (long)argument;
	int place;

	CHECK_EQ(getpid(), number);
	place = tree_wait();
	CHECK_EQ(getpid(), number);
	tree_report(place);
	if (number == 1)
		tree_until(&tree->word[0], 1);
}

static void unsharer(void *argument)
{
	pid_t two, one, other;
	int place;

	(void)argument;
	tree_fork(tree_part, NULL);
	SYS(unshare(CLONE_NEWPID));
	tree_fork(inside, (void *)1);
	tree_wait_count(&tree->ready, 2, "are ready");
	two = tree_fork(inside, (void *)2);
	place = tree_wait();
	one = SYS(fork());
	if (one == 0)
		_exit(getpid());
	other = tree_status(one) >> 8;
	/* The next number of the inner one. */
	CHECK_EQ(other, 3);
	tree_wait_count(&tree->reported, 3, "have reported");
	/* The end of the inner init would kill it. */
	tree_reap(two);
	tree_store(&tree->word[0], 1);
	tree_reap_all(2);
	tree_report(place);
}

int main(void)
{
	tree_start();
	/* A session that can be seen from a new namespace, too. */
	SYS(setsid());
	tree_fork(unsharer, NULL);
	tree_go(4);
	tree_end(4);
	tree_reap_all(1);
	return ckpt_pass();
}
