// SPDX-License-Identifier: GPL-2.0-only
//
// POSIX record locks belong to one process each: what the child holds the
// parent does not get.
#include "tree.h"

static struct flock lock(short type, off_t start)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 10 };
}

static int fd;

static void child(void *argument)
{
	struct flock ours = lock(F_WRLCK, 10), parents = lock(F_WRLCK, 0);
	int place;

	(void)argument;
	SYS(fcntl(fd, F_SETLK, &ours));
	place = tree_wait();
	CHECK_ERRNO(fcntl(fd, F_SETLK, &parents), EAGAIN);
	SYS(fcntl(fd, F_GETLK, &parents));
	CHECK_EQ(parents.l_pid, getppid());
	tree_until(&tree->word[0], 1);
	tree_report(place);
}

int main(void)
{
	struct flock ours = lock(F_WRLCK, 0), childs = lock(F_WRLCK, 10);
	pid_t pid;

	tree_start();
	fd = SYS(open("file", O_RDWR | O_CREAT, 0644));
	SYS(fcntl(fd, F_SETLK, &ours));
	pid = tree_fork(child, NULL);
	tree_go(1);
	CHECK_ERRNO(fcntl(fd, F_SETLK, &childs), EAGAIN);
	SYS(fcntl(fd, F_GETLK, &childs));
	CHECK_EQ(childs.l_pid, pid);
	tree_store(&tree->word[0], 1);
	tree_end(1);
	tree_reap(pid);
	childs = lock(F_WRLCK, 10);
	SYS(fcntl(fd, F_SETLK, &childs));
	return ckpt_pass();
}
