// SPDX-License-Identifier: GPL-2.0-only
//
// A child that has installed guard regions since it was forked still has what it
// inherited around them.
#include "tree.h"
#include "../memory/guard.h"

#define PAGES 64

static unsigned char *memory;

static void child(void *argument)
{
	int i, place, fd[2];

	(void)argument;
	if (madvise(memory + 8 * CKPT_PAGE, 2 * CKPT_PAGE, MADV_GUARD_INSTALL) != 0)
		memory = NULL;
	place = tree_wait();
	for (i = 0; memory && i < PAGES; i++) {
		if (i != 8 && i != 9)
			CHECK_EQ(memory[i * CKPT_PAGE], 7);
	}
	/* The kernel says what a touch would do. */
	SYS(pipe2(fd, O_CLOEXEC));
	if (memory)
		CHECK_ERRNO(write(fd[1], memory + 8 * CKPT_PAGE, 1), EFAULT);
	tree_report(place);
}

int main(void)
{
	tree_start();
	memory = ckpt_anon(PAGES * CKPT_PAGE);
	memset(memory, 7, PAGES * CKPT_PAGE);
	tree_fork(child, NULL);
	tree_go(1);
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
