// SPDX-License-Identifier: GPL-2.0-only
//
// Whichever allocation or user copy fails while a process with seccomp filters is
// restarted, in the coordinator or in a task: a clean error and nobody is left, or
// everybody goes on.
//
// NEEDS: faults
// MODES: plain
// LIBS: -lpthread
#include "restart.h"
#include "seccomp.h"

int main(void)
{
	return walk(faults_seccomp);
}
