// SPDX-License-Identifier: GPL-2.0-only
//
// A thread that has taken descriptors and directories of its own (unshare) keeps
// them apart.
//
// LIBS: -lpthread
#include "threads.h"
#include <linux/kcmp.h>

static void *thread(void *argument)
{
	char *cwd;
	int place;

	SYS(unshare(CLONE_FILES | CLONE_FS));
	SYS(mkdir("own", 0755));
	SYS(chdir("own"));
	CHECK_EQ(SYS(dup2(1, 50)), 50);
	place = tree_wait();
	SYS(fcntl(50, F_GETFD));
	cwd = getcwd(NULL, 0);
	CHECK_STR(strrchr(cwd, '/'), "/own");
	CHECK_EQ(syscall(SYS_kcmp, tree->task[0].tid, tree->task[place].tid, KCMP_VM, 0, 0), 0);
	CHECK(syscall(SYS_kcmp, tree->task[0].tid, tree->task[place].tid, KCMP_FILES, 0, 0) != 0);
	CHECK(syscall(SYS_kcmp, tree->task[0].tid, tree->task[place].tid, KCMP_FS, 0, 0) != 0);
	tree_report(place);
	return argument;
}

int main(void)
{
	pthread_t id;

	tree_start();
	id = tree_thread(thread, NULL);
	tree_go(1);
	CHECK_ERRNO(fcntl(50, F_GETFD), EBADF);
	CHECK_EQ(access("own", F_OK), 0);
	tree_end(1);
	tree_join(id);
	return ckpt_pass();
}
