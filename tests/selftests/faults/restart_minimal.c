// SPDX-License-Identifier: GPL-2.0-only
//
// Whichever allocation or user copy fails while a process that waits is
// restarted, in the coordinator or in a task: a clean error and nobody is left, or
// everybody goes on.
//
// NEEDS: faults
// MODES: plain
// LIBS: -lpthread
#include "restart.h"

int main(void)
{
	return walk(NULL);
}
