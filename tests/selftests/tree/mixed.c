// SPDX-License-Identifier: GPL-2.0-only
//
// A bit of everything: grandchildren, a session, a group, a zombie, a stopped
// child, threads of a child. Promises H.1.22 to H.1.24.
//
// LIBS: -lpthread
#include "tree.h"

static void dies(void *argument)
{
	_exit((int)(long)argument);
}

static void leads(void *argument)
{
	pid_t child;

	(void)argument;
	SYS(setsid());
	child = tree_fork(tree_part, NULL);
	tree_part(NULL);
	tree_reap(child);
}

static void has_threads(void *argument)
{
	pthread_t thread[3];
	int i;

	(void)argument;
	SYS(setpgid(0, 0));
	for (i = 0; i < 3; i++)
		thread[i] = tree_thread(tree_thread_part, NULL);
	tree_part(NULL);
	for (i = 0; i < 3; i++)
		tree_join(thread[i]);
}

static void stops(void *argument)
{
	raise(SIGSTOP);
	tree_part(argument);
}

int main(void)
{
	pid_t zombie, stopped, session, group;
	int status;

	tree_start();
	zombie = tree_zombie(dies, (void *)77);
	session = tree_fork(leads, NULL);
	group = tree_fork(has_threads, NULL);
	stopped = tree_fork(stops, NULL);
	CHECK_EQ(SYS(waitpid(stopped, &status, WUNTRACED)), stopped);
	CHECK(WIFSTOPPED(status));
	tree_go(6);
	CHECK_EQ(tree_state(stopped), 'T');
	SYS(kill(stopped, SIGCONT));
	tree_end(7);
	CHECK_EQ(tree_status(zombie), 77 << 8);
	tree_reap(session);
	tree_reap(group);
	tree_reap(stopped);
	return ckpt_pass();
}
