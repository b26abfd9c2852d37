// SPDX-License-Identifier: GPL-2.0-only
//
// Ids of threads, in the order in which they were made and not; a child of a
// thread has the process as its parent.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 10

static void *thread(void *argument)
{
	int place = tree_wait();
	char path[64], name[32];

	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tree->task[place].tid);
	ckpt_read_file(path, name, sizeof(name));
	CHECK_EQ(syscall(SYS_tgkill, tree->task[0].pid, tree->task[place].tid, 0), 0);
	tree_report(place);
	return argument;
}

static void *quick(void *argument)
{
	return argument;
}

int main(void)
{
	pthread_t id[COUNT], gone;
	int i;

	tree_start();
	for (i = 0; i < COUNT; i++) {
		id[i] = tree_thread(thread, NULL);
		/* Numbers with gaps in between. */
		gone = tree_thread(quick, NULL);
		tree_join(gone);
	}
	tree_go(COUNT);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
