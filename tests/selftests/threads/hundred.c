// SPDX-License-Identifier: GPL-2.0-only
//
// A hundred threads, each with its own stack; all are joined afterwards: the
// kernel clears the word that pthread_join() waits for. Promise H.2.10.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 100

static void *thread(void *argument)
{
	unsigned char local[512];
	int place;

	ckpt_fill_pattern(local, sizeof(local), (long)argument);
	place = tree_wait();
	ckpt_check_pattern(local, sizeof(local), (long)argument);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];

	tree_start();
	threads_start(id, COUNT, thread);
	tree_go(COUNT);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
