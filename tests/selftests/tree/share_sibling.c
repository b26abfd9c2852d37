// SPDX-License-Identifier: GPL-2.0-only
//
// Two siblings have one address space that is not their parent's; one ends after
// the restart, the other goes on in it.
#include "tree.h"
#include <linux/kcmp.h>

static volatile int value = 1;

static int sibling(void *argument)
{
	int place;

	(void)argument;
	value = 2;
	place = tree_wait();
	tree_until(&tree->word[0], 1);
	CHECK_EQ(value, 3);
	value = 4;
	tree_report(place);
	return 0;
}

static void maker(void *argument)
{
	int place;

	(void)argument;
	tree_clone(sibling, NULL, CLONE_VM | CLONE_PARENT);
	place = tree_wait();
	CHECK_EQ(value, 2);
	value = 3;
	tree_report(place);
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_fork(maker, NULL);
	tree_go(2);
	CHECK_EQ(value, 1);
	tree_wait_count(&tree->reported, 1, "have reported");
	tree_reap(pid);
	tree_store(&tree->word[0], 1);
	tree_end(2);
	tree_reap_all(1);
	return ckpt_pass();
}
