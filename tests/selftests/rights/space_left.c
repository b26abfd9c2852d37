// SPDX-License-Identifier: GPL-2.0-only
//
// What is taken in an address space that one thread of a process has left for its restored one, and another
// uses still, is charged to the control group of the process.
//
// MODES: plain
#include "forge.h"
#include "../bounds/bounds.h"
#include <sys/uio.h>
#include <pthread.h>

#define FORGE_VMA 402
#define MB (1ul << 20)
#define SIZE (64 * MB)
#define WRITE (32 * MB)

static int tids[2];

static void *sleeps(void *arg)
{
	tids[1] = syscall(SYS_gettid);
	for (;;)
		pause();
	return arg;
}

static void two_threads(void)
{
	pthread_t thread;
	char text[64];

	become(NOBODY);
	tids[0] = getpid();
	CHECK_EQ(pthread_create(&thread, NULL, sleeps, NULL), 0);
	while (!*(volatile int *)&tids[1])
		usleep(1000);
	snprintf(text, sizeof(text), "%d %d", tids[0], tids[1]);
	ckpt_write_file("tids", text, strlen(text));
	target_waits();
}

static struct {
	volatile pid_t pid, tid;
	char *volatile memory;
	volatile int go;
} *shared;

/* The threads of the image. */
static int saved[2];

static void restart_as(int image_pid)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE };
	argument.image_pid = image_pid;
	ioctl(device(), CKPT_IOC_RESTART, &argument);
	_exit(200);
}

static void *second(void *arg)
{
	shared->tid = syscall(SYS_gettid);
	restart_as(saved[1]);
	return arg;
}

static int pipe_end, log_end;

static void *coordinates(void *arg)
{
	ckpt_restart_flags(shared->pid, pipe_end, log_end, 0);
	return arg;
}

/* Takes memory in the address space of another task, which may write there. */
static void fill(pid_t tid, size_t length)
{
	static char bytes[MB];
	size_t at;

	memset(bytes, 1, sizeof(bytes));
	for (at = 0; at < length; at += sizeof(bytes)) {
		struct iovec local = { bytes, sizeof(bytes) };
		struct iovec remote = { shared->memory + at, sizeof(bytes) };

		CHECK_EQ(process_vm_writev(tid, &local, 1, &remote, 1, 0), sizeof(bytes));
	}
}

int main(void)
{
	struct memcg group = memcg_make("256M");
	struct forge_record *stop;
	struct forged all;
	char text[64];
	int ends[2], image;
	pid_t user;

	everybody_is_allowed();
	SYS(umask(0));
	SYS(chmod(".", 0777));
	image = image_of_target("image", two_threads);
	ckpt_read_file("tids", text, sizeof(text));
	CHECK_EQ(sscanf(text, "%d %d", saved, saved + 1), 2);
	shared = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	all = forge_read(image);
	stop = forge_find(&all, NULL, FORGE_VMA);
	stop = forge_find(&all, stop, FORGE_VMA);
	log_end = new_file("log");
	SYS(pipe(ends));
	user = SYS(fork());
	if (user == 0) {
		pthread_t thread;
		pid_t pid;
		long before;

		memcg_enter(&group);
		device();
		SYS(close(ends[1]));
		become(NOBODY);
		ckpt_at_fail = NULL;
		pid = SYS(fork());
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			prctl(PR_SET_DUMPABLE, 1);
			shared->memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
			CHECK_EQ(pthread_create(&thread, NULL, second, NULL), 0);
			while (!shared->tid)
				usleep(1000);
			shared->pid = getpid();
			restart_as(saved[0]);
		}
		while (!shared->pid)
			usleep(1000);
		pipe_end = ends[0];
		CHECK_EQ(pthread_create(&thread, NULL, coordinates, NULL), 0);
		while (!shared->go)
			usleep(1000);
		before = memcg_number(&group, "memory.current");
		fill(shared->tid, WRITE);
		CHECK(memcg_number(&group, "memory.current") - before > (long)WRITE * 3 / 4);
		_exit(0);
	}
	SYS(close(ends[0]));
	CHECK_EQ(write(ends[1], all.bytes, (unsigned char *)stop - all.bytes),
		 (unsigned char *)stop - all.bytes);
	while (!shared->pid)
		usleep(1000);
	wait_until_drained(ends[1], shared->pid);
	usleep(300000);
	shared->go = 1;
	CHECK_EQ(exit_status(user), 0);
	SYS(close(ends[1]));
	memcg_remove(&group);
	everybody_is_disallowed();
	return ckpt_pass();
}
