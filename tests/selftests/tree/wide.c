// SPDX-License-Identifier: GPL-2.0-only
//
// Two hundred children of one process. Promises H.1.8, H.1.10, H.1.11: all of
// them arrive, take turns and go on.
#include "tree.h"

int main(void)
{
	int i;

	tree_start();
	for (i = 0; i < 200; i++)
		tree_fork(tree_part, NULL);
	tree_go(200);
	tree_end(200);
	tree_reap_all(200);
	return ckpt_pass();
}
