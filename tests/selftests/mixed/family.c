// SPDX-License-Identifier: GPL-2.0-only
//
// A tree with something of everything: threads, a session, the number of a leader
// who is gone, a zombie, shared memory, a pid namespace. Its image is also one of
// those that are damaged to see whether that is noticed.
//
// MODES: -new-pid
// LIBS: -lpthread
#include "../seccomp/filters.h"

/* The children have the same page, which is no longer that of their parent. */
static unsigned char common[CKPT_PAGE] __attribute__((aligned(CKPT_PAGE)));

static void has_threads(void *argument)
{
	pthread_t one, two;

	SYS(setpgid(0, 0));
	one = tree_thread(tree_thread_part, NULL);
	two = tree_thread(tree_thread_part, NULL);
	tree_part(argument);
	tree_join(one);
	tree_join(two);
	ckpt_check_pattern(common, sizeof(common), 3);
}

static void member(void *argument)
{
	pid_t leader = getppid();

	if (argument) {
		tree_store(&tree->word[0], 1);
		/* Until the leader has left. */
		while (getppid() == leader)
			usleep(1000);
	}
	tree_part(NULL);
}

static void session(void *argument)
{
	SYS(setsid());
	tree_fork(member, argument);
	if (argument) {
		tree_until(&tree->word[0], 1);
		_exit(0);
	}
	tree_part(NULL);
	tree_reap_all(1);
	ckpt_check_pattern(common, sizeof(common), 3);
}

static void dies(void *argument)
{
	_exit((int)(long)argument);
}

static int shares(void *argument)
{
	tree_part(argument);
	return 0;
}

static int init(void *argument)
{
	int place = tree_place();
	pid_t child = tree_fork(tree_part, argument);

	CHECK_EQ(getpid(), 1);
	tree_register(place);
	tree_wait_go();
	tree_check(place);
	tree_reap(child);
	tree_report(place);
	return 0;
}

int main(void)
{
	int file = SYS(open("file", O_RDWR | O_CREAT | O_TRUNC, 0644));
	pid_t zombie;

	tree_start();
	CHECK_EQ(write(file, "nobody may change this", 22), 22);
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	ckpt_fill_pattern(common, sizeof(common), 3);
	filters_no_new_privs();
	filters_deny(SYS_swapoff, EDOM);
	tree_fork(has_threads, NULL);
	tree_fork(session, NULL);
	tree_reap(tree_fork(session, (void *)1));
	zombie = tree_zombie(dies, (void *)19);
	tree_clone(shares, NULL, CLONE_VM | CLONE_SIGHAND | CLONE_FILES | SIGCHLD);
	tree_clone(init, NULL, CLONE_NEWPID | SIGCHLD);
	ckpt_fill_pattern(common, sizeof(common), 4);
	tree_go(9);
	tree_end(9);
	ckpt_check_pattern(common, sizeof(common), 4);
	CHECK_ERRNO(syscall(SYS_swapoff, "/"), EDOM);
	CHECK_EQ(tree_status(zombie), 19 << 8);
	tree_reap_all(5);
	return ckpt_pass();
}
