// SPDX-License-Identifier: GPL-2.0-only
//
// A descriptor table that another process uses as well (CLONE_FILES) is
// refused.
//
// EXPECT: refused EOPNOTSUPP "CLONE_FILES"
#include "../ckpt_test.h"
#include <sched.h>

static int other(void *argument)
{
	(void)argument;
	ckpt_write_file("other-runs", "", 0);
	while (!ckpt_gone())
		usleep(10000);
	return 0;
}

int main(void)
{
	char *stack = ckpt_anon(65536);

	/* Not our child, but our parent's. */
	SYS(clone(other, stack + 65536, CLONE_FILES | CLONE_PARENT | SIGCHLD, NULL));
	while (access("other-runs", F_OK) != 0)
		usleep(1000);
	ckpt_ready();
	return ckpt_pass();
}
