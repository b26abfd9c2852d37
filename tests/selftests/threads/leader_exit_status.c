// SPDX-License-Identifier: GPL-2.0-only
//
// The first thread has ended by the system call exit with a status, the others
// end the same way after the restart: the process has the status of the last.
//
// LIBS: -lpthread
#include "threads.h"

static void *thread(void *argument)
{
	tree_part(NULL);
	/* Not exit_group(2). */
	tree_call(SYS_exit, 1, 0, 0, 0, 0);
	return argument;
}

static void process(void *argument)
{
	tree_thread(thread, NULL);
	tree_thread(thread, NULL);
	tree_call(SYS_exit, (long)argument, 0, 0, 0, 0);
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_fork(process, (void *)88);
	while (tree_state(pid) != 'Z')
		usleep(1000);
	tree_go(2);
	tree_end(2);
	CHECK_EQ(tree_status(pid), 1 << 8);
	return ckpt_pass();
}
