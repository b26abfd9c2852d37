// SPDX-License-Identifier: GPL-2.0-only
//
// A table of signal handlers that a process outside of the tree uses as well
// (CLONE_SIGHAND) is refused, with the address space that comes with it.
//
// EXPECT: refused EOPNOTSUPP "CLONE_VM|CLONE_SIGHAND"
#include "../ckpt_test.h"
#include <sched.h>

static volatile int other_runs;

static int other(void *argument)
{
	(void)argument;
	other_runs = 1;
	while (!ckpt_gone())
		usleep(10000);
	return 0;
}

int main(void)
{
	char *stack = ckpt_anon(65536);

	/* Not our child, but our parent's. */
	SYS(clone(other, stack + 65536, CLONE_VM | CLONE_SIGHAND | CLONE_PARENT | SIGCHLD, NULL));
	while (!other_runs)
		usleep(1000);
	ckpt_ready();
	return ckpt_pass();
}
