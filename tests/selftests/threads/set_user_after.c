// SPDX-License-Identifier: GPL-2.0-only
//
// The C library changes the user of all threads by a signal to each: after a
// restart it still finds them.
//
// LIBS: -lpthread
#include "threads.h"

#define COUNT 3

static void *thread(void *argument)
{
	int place = tree_wait();

	tree_until(&tree->word[0], 1);
	CHECK_EQ(syscall(SYS_getuid), 65534);
	tree_report(place);
	return argument;
}

int main(void)
{
	pthread_t id[COUNT];

	if (getuid() != 0)
		ckpt_skip("needs to be root");
	tree_start();
	threads_start(id, COUNT, thread);
	tree_go(COUNT);
	SYS(setresuid(65534, 65534, 65534));
	tree_store(&tree->word[0], 1);
	tree_end(COUNT);
	threads_join(id, COUNT);
	return ckpt_pass();
}
