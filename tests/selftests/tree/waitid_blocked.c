// SPDX-License-Identifier: GPL-2.0-only
//
// The same for waitid(2), for a whole process group and with a zombie of another
// group beside.
//
// BLOCK: waitid
#include "tree.h"

static void dies(void *argument)
{
	(void)argument;
	_exit(2);
}

int main(void)
{
	pid_t child, zombie = tree_zombie(dies, NULL);
	siginfo_t info = { 0 };

	child = SYS(fork());
	if (child == 0) {
		SYS(setpgid(0, 0));
		ckpt_wait_go();
		_exit(20);
	}
	/* From both sides, as shells do. */
	setpgid(child, child);
	ckpt_announce();
	SYS(waitid(P_PGID, child, &info, WEXITED));
	CHECK(ckpt_gone());
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_status, 20);
	CHECK_EQ(tree_status(zombie), 2 << 8);
	return ckpt_pass();
}
