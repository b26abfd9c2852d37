// SPDX-License-Identifier: GPL-2.0-only
//
// Threads made by clone(2) alone, without thread-local storage of their own, and
// one that shares no more than a thread has to.
#include "threads.h"
#include <linux/kcmp.h>

static int thread(void *argument)
{
	int place = tree_wait();

	(void)argument;
	tree_report(place);
	tree_call(SYS_exit, 0, 0, 0, 0, 0);
	return 0;
}

int main(void)
{
	int least = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
	pid_t all, some;

	tree_start();
	all = tree_clone(thread, NULL, least | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM);
	some = tree_clone(thread, NULL, least);
	tree_wait_count(&tree->ready, 2, "are ready");
	tree_go(2);
	tree_end(2);
	CHECK_EQ(tree->task[1].pid, getpid());
	CHECK_EQ(tree->task[2].pid, getpid());
	while (syscall(SYS_tgkill, getpid(), all, 0) == 0 ||
	       syscall(SYS_tgkill, getpid(), some, 0) == 0)
		usleep(1000);
	return ckpt_pass();
}
