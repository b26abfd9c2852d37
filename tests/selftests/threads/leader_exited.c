// SPDX-License-Identifier: GPL-2.0-only
//
// The first thread has ended by pthread_exit(); the others live on, and the
// process still ends as it should.
//
// LIBS: -lpthread
#include "threads.h"

static void *thread(void *argument)
{
	int place = tree_wait();

	CHECK_EQ(tree_state(tree->task[place].pid), 'Z');
	tree_report(place);
	if (argument) {
		tree_until(&tree->word[0], 1);
		exit(57);
	}
	return NULL;
}

static void process(void *argument)
{
	tree_thread(thread, NULL);
	tree_thread(thread, (void *)1);
	pthread_exit(argument);
}

int main(void)
{
	pid_t pid;

	tree_start();
	pid = tree_fork(process, NULL);
	while (tree_state(pid) != 'Z')
		usleep(1000);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	tree_go(2);
	tree_end(2);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	tree_store(&tree->word[0], 1);
	CHECK_EQ(tree_status(pid), 57 << 8);
	return ckpt_pass();
}
