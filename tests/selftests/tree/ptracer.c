// SPDX-License-Identifier: GPL-2.0-only
//
// The process that another one lets trace it still may, and no other (PR_SET_PTRACER).
//
// MODES: +new-pid
#include "yama.h"

static void tracer(void *argument)
{
	(void)argument;
	tree_until(&tree->word[0], 1);
	_exit(attach_to_parent());
}

int main(void)
{
	pid_t named, other, keeper;
	int end;

	if (access(SCOPE, W_OK) != 0)
		ckpt_skip("no Yama here");
	tree_start();
	named = tree_fork(tracer, NULL);
	SYS(prctl(PR_SET_PTRACER, named, 0, 0, 0));
	ckpt_ready();
	end = enforce(&keeper);
	other = SYS(fork());
	if (other == 0)
		_exit(attach_to_parent());
	CHECK_EQ(child_error(other), EPERM);
	tree_store(&tree->word[0], 1);
	CHECK_EQ(child_error(-1), 0);
	relax(end, keeper);
	return ckpt_pass();
}
