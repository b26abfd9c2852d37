// SPDX-License-Identifier: GPL-2.0-only
//
// A thread of a restarted process executes a program: the others end, and the
// program has the pid of the process.
//
// LIBS: -lpthread
#include "threads.h"

static void *executes(void *argument)
{
	tree_part(NULL);
	/* It ends the others. */
	tree_wait_count(&tree->reported, 3, "have reported");
	execlp("sh", "sh", "-c", "test $$ = $PARENT_SAW && exit 61", NULL);
	return argument;
}

static void *sleeps(void *argument)
{
	tree_part(NULL);
	for (;;)
		pause();
	return argument;
}

static void process(void *argument)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", getpid());
	setenv("PARENT_SAW", text, 1);
	tree_thread(sleeps, NULL);
	tree_thread(executes, NULL);
	sleeps(argument);
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_fork(process, NULL);
	tree_go(3);
	tree_end(3);
	CHECK_EQ(tree_status(pid), 61 << 8);
	return ckpt_pass();
}
