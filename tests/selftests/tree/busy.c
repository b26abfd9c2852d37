// SPDX-License-Identifier: GPL-2.0-only
//
// Children that compute and never call the kernel.
#include "tree.h"

static void computes(void *argument)
{
	volatile uint32_t *phase = &tree->phase;
	uint64_t sum = 0, count = 0;
	int place = tree_place();

	tree_register(place);
	while (*phase == TREE_BUILDING)
		sum += ckpt_mix((long)argument, count++);
	tree_check(place);
	while (count > 0)
		sum -= ckpt_mix((long)argument, --count);
	CHECK_EQ(sum, 0);
	tree_report(place);
}

int main(void)
{
	tree_start();
	tree_fork(computes, (void *)1);
	tree_fork(computes, (void *)2);
	tree_go(2);
	tree_end(2);
	tree_reap_all(2);
	return ckpt_pass();
}
