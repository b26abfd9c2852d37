// SPDX-License-Identifier: GPL-2.0-only
//
// Each process and each thread has its own name.
//
// LIBS: -lpthread
#include "tree.h"

static void *named(void *argument)
{
	char name[16] = "", wanted[16];
	int place;

	snprintf(wanted, sizeof(wanted), "part %ld (x)", (long)argument);
	SYS(prctl(PR_SET_NAME, wanted));
	place = tree_wait();
	SYS(prctl(PR_GET_NAME, name));
	CHECK_STR(name, wanted);
	tree_report(place);
	return NULL;
}

static void process(void *argument)
{
	pthread_t thread = tree_thread(named, (void *)((long)argument + 1));

	named(argument);
	tree_join(thread);
}

int main(void)
{
	tree_start();
	tree_fork(process, (void *)10);
	tree_fork(process, (void *)20);
	tree_go(4);
	tree_end(4);
	tree_reap_all(2);
	return ckpt_pass();
}
