// SPDX-License-Identifier: GPL-2.0-only
//
// Whichever allocation or user copy fails while a process that waits
// is saved, at once or in two steps: a clean error, and it runs on.
//
// NEEDS: faults
// MODES: plain
// LIBS: -lpthread
#include "checkpoint.h"

int main(void)
{
	struct target target;

	device();
	target = target_frozen(NULL);
	return walk_both(&target);
}
