// SPDX-License-Identifier: GPL-2.0-only
//
// Threads of one process that have changed their credentials by themselves, by raw system calls.
//
// MODES: -new-pid
// LIBS: -lpthread
#include "cred.h"

#define COUNT 4

static void *thread(void *argument)
{
	int nth = (intptr_t)argument, place;
	struct cred_seen seen;

	if (nth == 1) {
		SYS(syscall(SYS_setresgid, 5, 6, 7));
	} else if (nth == 2) {
		SYS(syscall(SYS_setgroups, 2, (gid_t[]){ 9, 8 }));
		cred_set_caps(1 << CAP_CHOWN, 1 << CAP_CHOWN | 1 << CAP_KILL, 0);
	} else if (nth == 3) {
		SYS(syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY));
	}
	SYS(prctl(PR_SET_DUMPABLE, 1));
	cred_look(&seen);
	place = tree_wait();
	cred_compare(&seen);
	tree_report(place);
	return NULL;
}

int main(void)
{
	pthread_t id[COUNT];
	int i;

	if (getuid() != 0)
		ckpt_skip("needs root");
	tree_start();
	for (i = 0; i < COUNT; i++) {
		CHECK_EQ(pthread_create(&id[i], NULL, thread, (void *)(intptr_t)i), 0);
		/* One after the other: the dumpable flag is that of all. */
		while (tree_load(&tree->ready) != (uint32_t)i + 1)
			usleep(1000);
	}
	tree_go(COUNT);
	tree_end(COUNT);
	for (i = 0; i < COUNT; i++)
		CHECK_EQ(pthread_join(id[i], NULL), 0);
	return ckpt_pass();
}
