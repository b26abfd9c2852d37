// SPDX-License-Identifier: GPL-2.0-only
//
// Whichever allocation or user copy of the root fails in the restart of a
// tree: a clean error and nobody is left, or everybody goes on.
//
// NEEDS: faults
// MODES: plain
// LIBS: -lpthread
#include "restart_tree.h"

int main(void)
{
	return walk_tree(GRANDPA);
}
