// SPDX-License-Identifier: GPL-2.0-only
//
// A restarted tree grows: processes and threads fork, the new ones get pids that
// nobody has.
//
// LIBS: -lpthread
#include "tree.h"

static void child(void *argument)
{
	int place = tree_wait(), i;
	pid_t pid;

	(void)argument;
	for (i = 0; i < 20; i++) {
		pid = SYS(fork());
		if (pid == 0)
			_exit(getppid() == tree->task[place].pid ? 3 : 4);
		CHECK_EQ(tree_status(pid), 3 << 8);
	}
	tree_report(place);
}

static void *thread(void *argument)
{
	child(NULL);
	return argument;
}

static void threaded(void *argument)
{
	pthread_t id = tree_thread(thread, NULL);

	child(argument);
	tree_join(id);
}

int main(void)
{
	tree_start();
	tree_fork(child, NULL);
	tree_fork(threaded, NULL);
	tree_go(3);
	tree_end(3);
	tree_reap_all(2);
	return ckpt_pass();
}
