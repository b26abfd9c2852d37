// SPDX-License-Identifier: GPL-2.0-only
//
// What a child has inherited and what it has changed since are its own memory;
// so are its parent's.
#include "tree.h"

#define LENGTH (64 * CKPT_PAGE)

static unsigned char *memory;

static void child(void *argument)
{
	long number = (long)argument;
	int place;

	ckpt_fill_pattern(memory + number * 8 * CKPT_PAGE, 8 * CKPT_PAGE, 100 + number);
	place = tree_wait();
	ckpt_check_pattern(memory + number * 8 * CKPT_PAGE, 8 * CKPT_PAGE, 100 + number);
	/* Before it and behind it nobody has written. */
	ckpt_check_pattern(memory, 8 * CKPT_PAGE, 7);
	memory[0] ^= 1;
	tree_report(place);
}

int main(void)
{
	long i;

	tree_start();
	memory = ckpt_anon(LENGTH);
	for (i = 0; i < 8; i++)
		ckpt_fill_pattern(memory + i * 8 * CKPT_PAGE, 8 * CKPT_PAGE, 7);
	for (i = 1; i < 5; i++)
		tree_fork(child, (void *)i);
	tree_go(4);
	tree_end(4);
	for (i = 0; i < 8; i++)
		ckpt_check_pattern(memory + i * 8 * CKPT_PAGE, 8 * CKPT_PAGE, 7);
	tree_reap_all(4);
	return ckpt_pass();
}
