// SPDX-License-Identifier: GPL-2.0-only
//
// A process that lets every other one of its user trace it still does (PR_SET_PTRACER_ANY).
#include "../tree/yama.h"

static int try(void)
{
	pid_t child = SYS(fork());

	if (child == 0)
		_exit(attach_to_parent());
	return child_error(child);
}

int main(void)
{
	pid_t keeper;
	int end;

	if (access(SCOPE, W_OK) != 0)
		ckpt_skip("no Yama here");
	SYS(prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0));
	ckpt_ready();
	end = enforce(&keeper);
	CHECK_EQ(try(), 0);
	SYS(prctl(PR_SET_PTRACER, 0, 0, 0, 0));
	CHECK_EQ(try(), EPERM);
	relax(end, keeper);
	return ckpt_pass();
}
