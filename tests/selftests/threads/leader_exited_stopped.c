// SPDX-License-Identifier: GPL-2.0-only
//
// A process whose first thread has ended is stopped, and goes on.
//
// LIBS: -lpthread
#include "threads.h"

static void *thread(void *argument)
{
	tree_part(NULL);
	exit(3);
	return argument;
}

static void process(void *argument)
{
	tree_thread(thread, NULL);
	pthread_exit(argument);
}

int main(void)
{
	siginfo_t info;
	pid_t pid;

	tree_start();
	pid = tree_fork(process, NULL);
	while (tree_state(pid) != 'Z')
		usleep(1000);
	tree_wait_count(&tree->ready, 1, "are ready");
	SYS(kill(pid, SIGSTOP));
	SYS(waitid(P_PID, pid, &info, WSTOPPED));
	tree_go(1);
	CHECK_EQ(tree_state(tree->task[1].tid), 'T');
	SYS(kill(pid, SIGCONT));
	tree_end(1);
	CHECK_EQ(tree_status(pid), 3 << 8);
	return ckpt_pass();
}
