// SPDX-License-Identifier: GPL-2.0-only
//
// Shared anonymous memory is still that of parent and child.
#include "tree.h"

#define LENGTH (40 * CKPT_PAGE)

static unsigned char *memory;

static void child(void *argument)
{
	int place;

	(void)argument;
	place = tree_wait();
	ckpt_check_pattern(memory, LENGTH - CKPT_PAGE, 9);
	memory[LENGTH - 1] = 'c';
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	CHECK_EQ(memory[LENGTH - 2], 'p');
	tree_report(place);
}

int main(void)
{
	tree_start();
	memory = ckpt_map(LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	ckpt_fill_pattern(memory, LENGTH - CKPT_PAGE, 9);
	tree_fork(child, NULL);
	/* The parent has more of it than the child, and in another place. */
	CHECK(mremap(memory, 0, LENGTH, MREMAP_MAYMOVE) != MAP_FAILED);
	tree_go(1);
	tree_until(&tree->word[0], 1);
	CHECK_EQ(memory[LENGTH - 1], 'c');
	memory[LENGTH - 2] = 'p';
	tree_store(&tree->word[0], 2);
	tree_end(1);
	tree_reap_all(1);
	return ckpt_pass();
}
