// SPDX-License-Identifier: GPL-2.0-only
//
// Whichever allocation or user copy fails while a process with seccomp filters
// is saved, at once or in two steps: a clean error, and it runs on.
//
// NEEDS: faults
// MODES: plain
// LIBS: -lpthread
#include "checkpoint.h"
#include "seccomp.h"

int main(void)
{
	struct target target;

	device();
	target = target_frozen(faults_seccomp);
	return walk_both(&target);
}
