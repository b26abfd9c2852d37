// SPDX-License-Identifier: GPL-2.0-only
//
// Children that have executed other programs come back as those.
#include "tree.h"

static void executes(void *argument)
{
	execlp("sleep", "sleep", (char *)argument, NULL);
	_exit(127);
}

static void is_sleep(pid_t pid)
{
	char path[64], text[256];
	int tries;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	for (tries = 0; tries < ckpt_patience(3000); tries++) {
		ckpt_read_file(path, text, sizeof(text));
		if (strcmp(text, "sleep") == 0 && tree_state(pid) == 'S')
			return;
		usleep(1000);
	}
	ckpt_fail("%d is %s in state %c", pid, text, tree_state(pid));
}

int main(void)
{
	pid_t long_one, short_one;

	tree_start();
	long_one = tree_fork(executes, "1000");
	short_one = tree_fork(executes, "2");
	is_sleep(long_one);
	is_sleep(short_one);
	tree_go(0);
	is_sleep(long_one);
	tree_reap(short_one);
	SYS(kill(long_one, SIGTERM));
	CHECK_EQ(tree_status(long_one), SIGTERM);
	return ckpt_pass();
}
