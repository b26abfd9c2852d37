// SPDX-License-Identifier: GPL-2.0-only
//
// A robust mutex between processes: its owner, a thread of a child that was
// restarted, is killed.
//
// LIBS: -lpthread
#include "threads.h"

static pthread_mutex_t *mutex;

static void *owner(void *argument)
{
	int place = tree_wait();

	/* Not before: the end of a saved owner is told in the file as well. */
	CHECK_EQ(pthread_mutex_lock(mutex), 0);
	tree_report(place);
	pause();
	return argument;
}

static void child(void *argument)
{
	tree_thread(owner, argument);
	tree_part(argument);
	pause();
}

int main(void)
{
	pthread_mutexattr_t attributes;
	pid_t pid;
	int fd;

	tree_start();
	fd = SYS(open("mutex", O_RDWR | O_CREAT, 0644));
	SYS(ftruncate(fd, CKPT_PAGE));
	mutex = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mutex != MAP_FAILED);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(mutex, &attributes);
	pid = tree_fork(child, NULL);
	tree_go(2);
	tree_end(2);
	CHECK_EQ(pthread_mutex_trylock(mutex), EBUSY);
	SYS(kill(pid, SIGKILL));
	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
	CHECK_EQ(tree_status(pid), SIGKILL);
	return ckpt_pass();
}
