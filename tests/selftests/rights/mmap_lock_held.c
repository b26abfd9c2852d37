// SPDX-License-Identifier: GPL-2.0-only
//
// Root's checkpoint of a process can be killed while it waits for the mmap lock, which tasks of the process's
// user hold and want for as long as they like.
//
// MODES: plain
#include "held.h"
#include <sys/uio.h>

static void **address;

static void maps(void)
{
	int file = SYS(open("held/image", O_RDONLY));

	become(NOBODY);
	*address = mmap(NULL, CKPT_PAGE, PROT_READ, MAP_PRIVATE, file, 0);
	CHECK(*address != MAP_FAILED);
	close_range(3, ~0u, 0);
	munmap(faulty, sizeof(*faulty));
	munmap((void *)held_reads, CKPT_PAGE);
	raise(SIGSTOP);
	_exit(0);
}

/* The first read of the page fails: the second time it is waited for with the lock. */
static void reads_memory(pid_t target)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { *address, 1 };

	process_vm_readv(target, &local, 1, &remote, 1, 0);
}

static void clears_references(pid_t target)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", target);
	fd = SYS(open(path, O_WRONLY));
	write(fd, "5", 1);
}

int main(void)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	held_begin(1);
	address = (void **)(held_reads + 16);
	pid = SYS(fork());
	if (pid == 0)
		maps();
	CHECK_EQ(SYS(waitpid(pid, &status, WUNTRACED)), pid);
	CHECK(WIFSTOPPED(status));
	held_against(pid, reads_memory, clears_references);
	return ckpt_pass();
}
