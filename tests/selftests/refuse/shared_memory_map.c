// SPDX-License-Identifier: GPL-2.0-only
//
// An address space that another process uses as well (CLONE_VM) is refused.
//
// EXPECT: refused EOPNOTSUPP "CLONE_VM"
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
	SYS(clone(other, stack + 65536, CLONE_VM | CLONE_PARENT | SIGCHLD, NULL));
	while (!other_runs)
		usleep(1000);
	ckpt_ready();
	return ckpt_pass();
}
