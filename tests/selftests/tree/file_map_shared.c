// SPDX-License-Identifier: GPL-2.0-only
//
// A shared mapping of a file stays shared between parent and child, and a
// private one stays private.
#include "tree.h"

static volatile unsigned char *shared, *private;

static void child(void *argument)
{
	int place;

	(void)argument;
	private[0] = 'c';
	place = tree_wait();
	CHECK_EQ(private[0], 'c');
	shared[1] = 'c';
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[1], 1);
	CHECK_EQ(shared[2], 'p');
	tree_report(place);
}

int main(void)
{
	pid_t pid;
	int fd;

	tree_start();
	fd = SYS(open("map", O_RDWR | O_CREAT | O_TRUNC, 0644));
	SYS(ftruncate(fd, CKPT_PAGE));
	shared = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ckpt_write_file("private", "p", 1);
	fd = SYS(open("private", O_RDONLY));
	private = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(shared != MAP_FAILED && private != MAP_FAILED);
	pid = tree_fork(child, NULL);
	tree_go(1);
	CHECK_EQ(private[0], 'p');
	tree_until(&tree->word[0], 1);
	CHECK_EQ(shared[1], 'c');
	shared[2] = 'p';
	tree_store(&tree->word[1], 1);
	tree_end(1);
	tree_reap(pid);
	return ckpt_pass();
}
