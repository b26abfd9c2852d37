// SPDX-License-Identifier: GPL-2.0-only
//
// A process that a restored descriptor stands for is killed, and reaped at once, before the
// descriptor is made: the restart fails, and nobody is left.
//
// USER: 65534
// MODES: plain
#include "rights.h"
#include <sched.h>

#define ROUNDS 10
#define MARK "the contents that the image is held back in"

/* What both write down: the numbers of the parent and of the child. */
struct pair {
	pid_t saved[2];
	pid_t live[2];
};

static struct pair *pair;

static void stops(void)
{
	raise(SIGSTOP);
	_exit(TARGET_EXIT);
}

/* A parent whose first descriptor is long, and whose second one stands for its child. */
static void saved_parent(void)
{
	static char text[64 * CKPT_PAGE] = MARK;
	int status, fd = SYS(memfd_create("long", 0));
	pid_t child = SYS(fork());

	if (child == 0) {
		SYS(close(fd));
		SYS(munmap(pair, CKPT_PAGE));
		stops();
	}
	CHECK_EQ(write(fd, text, sizeof(text)), (ssize_t)sizeof(text));
	SYS(waitpid(child, &status, WUNTRACED));
	SYS(syscall(SYS_pidfd_open, child, 0));
	pair->saved[0] = getpid();
	pair->saved[1] = child;
	SYS(munmap(pair, CKPT_PAGE));
	stops();
}

static int image_of_pair(void)
{
	int fd = new_file("image"), log = new_file("log"), status;
	static char text[4096];
	pid_t pid = SYS(fork());

	if (pid == 0) {
		close_range(3, ~0u, 0);
		saved_parent();
	}
	SYS(waitpid(pid, &status, WUNTRACED));
	CHECK(WIFSTOPPED(status));
	if (ckpt_checkpoint_flags(pid, fd, log, CHECKPOINT_SUBTREE) <= 0) {
		ckpt_read_file("log", text, sizeof(text));
		ckpt_fail("checkpoint: %s: %s", strerror(errno), text);
	}
	SYS(close(log));
	SYS(kill(pair->saved[1], SIGKILL));
	SYS(kill(pid, SIGKILL));
	SYS(waitpid(pid, &status, 0));
	while (waitpid(-1, &status, 0) > 0)
		;
	return fd;
}

/* Where in the image the contents of the first descriptor are. */
static off_t place_of_contents(int image)
{
	off_t size = SYS(lseek(image, 0, SEEK_END));
	char *bytes = SYS(mmap(NULL, size, PROT_READ, MAP_PRIVATE, image, 0)), *at;

	/* The program has it, too, but behind its descriptors. */
	at = memmem(bytes, size, MARK, strlen(MARK));
	CHECK(at);
	return at - bytes;
}

static void enters(int who)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE,
					 .image_pid = pair->saved[who] };

	SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
	__atomic_store_n(&pair->live[who], getpid(), __ATOMIC_SEQ_CST);
	ioctl(device(), CKPT_IOC_RESTART, &argument);
	_exit(200);
}

/* A process that does not wait for its child. */
static void new_parent(void)
{
	signal(SIGCHLD, SIG_IGN);
	if (SYS(fork()) == 0)
		enters(1);
	enters(0);
}

/* Whether both have made their call. */
static bool pair_waits(void)
{
	int who;

	for (who = 0; who < 2; who++) {
		pid_t pid = __atomic_load_n(&pair->live[who], __ATOMIC_SEQ_CST);

		if (!pid || !is_in_call(pid, SYS_ioctl))
			return false;
	}
	return true;
}

static void feed(int image, int pipe, off_t from, off_t to)
{
	static char bytes[4096];

	while (from < to) {
		size_t step = to - from < (off_t)sizeof(bytes) ? to - from : (off_t)sizeof(bytes);

		/* Whoever reads it may have given up. */
		if (write(pipe, bytes, SYS(pread(image, bytes, step, from))) < 0)
			return;
		from += step;
	}
}

/* Until everything has been read. */
static void drained(int pipe, pid_t coordinator)
{
	int bytes = 1, status;

	while (bytes > 0) {
		usleep(1000);
		SYS(ioctl(pipe, FIONREAD, &bytes));
		if (waitpid(coordinator, &status, WNOHANG) != 0)
			ckpt_fail("the restart has ended with %s", strerror(WEXITSTATUS(status)));
	}
}

static void reaped(int image, off_t contents, off_t size)
{
	int ends[2], error;
	pid_t coordinator;

	pair->live[0] = pair->live[1] = 0;
	SYS(pipe(ends));
	coordinator = SYS(fork());
	if (coordinator == 0) {
		pid_t parent;

		close(ends[1]);
		parent = SYS(fork());
		if (parent == 0) {
			close(ends[0]);
			new_parent();
		}
		while (!pair_waits())
			usleep(1000);
		_exit(ckpt_restart_flags(parent, ends[0], STDERR_FILENO, RESTART_CHANGED_FILES) < 0 ?
		      errno : 0);
	}
	SYS(close(ends[0]));
	feed(image, ends[1], 0, contents);
	drained(ends[1], coordinator);
	/* All have come, or nothing would have been read so far. */
	CHECK(pair->live[0] > 0 && pair->live[1] > 0);
	SYS(kill(pair->live[1], SIGKILL));
	while (kill(pair->live[1], 0) == 0)
		sched_yield();
	feed(image, ends[1], contents, size);
	SYS(close(ends[1]));
	error = exit_status(coordinator);
	if (error != ESRCH)
		ckpt_fail("the restart has ended with %s", strerror(error));
	CHECK_EQ(exit_status(pair->live[0]), 1000 + SIGKILL);
}

int main(void)
{
	off_t contents, size;
	int image, round;

	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	signal(SIGPIPE, SIG_IGN);
	pair = ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	device();
	image = image_of_pair();
	contents = place_of_contents(image);
	size = SYS(lseek(image, 0, SEEK_END));
	for (round = 0; round < ROUNDS; round++)
		reaped(image, contents, size);
	return ckpt_pass();
}
