// SPDX-License-Identifier: GPL-2.0-only
//
// A file that parent and child have open together has one position, and one
// that the child has opened itself has its own; a lock stays with both.
#include "tree.h"
#include <sys/file.h>

static int both;

static void child(void *argument)
{
	int own = SYS(open("file", O_RDONLY)), place;

	(void)argument;
	SYS(lseek(own, 3, SEEK_SET));
	place = tree_wait();
	CHECK_EQ(lseek(both, 0, SEEK_CUR), 5);
	SYS(lseek(both, 8, SEEK_SET));
	CHECK_EQ(lseek(own, 0, SEEK_CUR), 3);
	/* Ours as much as the parent's. */
	SYS(flock(both, LOCK_EX | LOCK_NB));
	CHECK_ERRNO(flock(own, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	tree_report(place);
}

int main(void)
{
	int other;
	pid_t pid;

	tree_start();
	ckpt_write_file("file", "0123456789", 10);
	both = SYS(open("file", O_RDWR));
	SYS(flock(both, LOCK_EX));
	pid = tree_fork(child, NULL);
	SYS(lseek(both, 5, SEEK_SET));
	tree_go(1);
	tree_end(1);
	CHECK_EQ(lseek(both, 0, SEEK_CUR), 8);
	tree_reap(pid);
	/* The child's end has not released it. */
	other = SYS(open("file", O_RDONLY));
	CHECK_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	SYS(close(both));
	SYS(flock(other, LOCK_EX | LOCK_NB));
	return ckpt_pass();
}
