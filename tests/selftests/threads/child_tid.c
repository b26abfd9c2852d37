// SPDX-License-Identifier: GPL-2.0-only
//
// The words that a thread writes its id to and that the kernel clears when it
// ends: still the same ones after a restart. Promise H.2.10.
//
// LIBS: -lpthread
#include "threads.h"

static pid_t set, clear;

static int thread(void *argument)
{
	(void)argument;
	tree_part(NULL);
	tree_call(SYS_exit, 0, 0, 0, 0, 0);
	return 0;
}

int main(void)
{
	char *stack = ckpt_anon(65536);
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
	pid_t tid;

	tree_start();
	clear = 1;
	/* One word for both, as the call has it. */
	tid = SYS(clone(thread, stack + 65536, flags, NULL, NULL, NULL, &clear));
	set = tid;
	tree_go(1);
	CHECK_EQ(tid, set);
	tree_end(1);
	while (__atomic_load_n(&clear, __ATOMIC_SEQ_CST) != 0)
		tree_call(SYS_futex, (long)&clear, FUTEX_WAIT, tid, 0, 0);
	/* It is not quite gone yet. */
	while (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
		usleep(1000);
	/* It is cleared a moment before the thread is gone. */
	while (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
		usleep(1000);
	CHECK_EQ(errno, ESRCH);
	return ckpt_pass();
}
