// SPDX-License-Identifier: GPL-2.0-only
//
// What a restart makes passes through no number that others could exchange: a process that takes no
// part, and shares the descriptor table of one that does, sees none, not even while the image stops
// in the middle of an inotify instance, and nothing happens to the file that it holds ready.
//
// MODES: plain
#include "forge.h"
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#define NUMBERS 64
#define ROUNDS 8
#define MEMFDS 24
#define SIZE (3 * CKPT_PAGE)
#define SECRET "what belongs to another user"
#define FORGE_INOTIFY_WATCH 342

struct shared {
	volatile bool ready;
	volatile bool ends;
	volatile int exchanged;
	/* The process that is being restored onto. */
	volatile pid_t member;
};

static struct shared *shared;

/* One of everything that the kernel gives by a number. */
static void has_everything(void)
{
	const struct itimerspec hour = { .it_value.tv_sec = 3600 };
	char name[32];
	int timer, watches, i;
	sigset_t set;

	become(NOBODY);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	SYS(eventfd(7, EFD_NONBLOCK));
	timer = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
	SYS(timerfd_settime(timer, 0, &hour, NULL));
	SYS(signalfd(-1, &set, 0));
	SYS(epoll_create1(0));
	for (i = 0; i < MEMFDS; i++) {
		snprintf(name, sizeof(name), "memory-%d", i);
		SYS(ftruncate(SYS(memfd_create(name, 0)), SIZE));
	}
	watches = SYS(inotify_init1(0));
	SYS(inotify_add_watch(watches, "/usr", IN_CREATE));
	SYS(inotify_add_watch(watches, "/etc", IN_CREATE));
	target_waits();
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/*
 * Takes no part, and has the same table: whatever appears there is replaced by the file of another
 * user, which it may only read.
 */
static void exchanges(int victim)
{
	bool own[NUMBERS];
	int fd;

	SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
	for (fd = 0; fd < NUMBERS; fd++)
		own[fd] = is_open(fd);
	shared->ready = true;
	while (!shared->ends)
		for (fd = 0; fd < NUMBERS; fd++)
			if (!own[fd] && is_open(fd) && dup2(victim, fd) == fd)
				shared->exchanged++;
	_exit(0);
}

/* A child that restarts, and whose table is shared by another child of ours. */
static pid_t restarting_with(int victim, pid_t *other)
{
	int ends[2];
	pid_t pid;

	SYS(pipe(ends));
	pid = SYS(fork());
	if (pid == 0) {
		pid_t twin;

		close(ends[0]);
		shared->ready = false;
		twin = SYS(syscall(SYS_clone, CLONE_FILES | CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
		if (twin == 0)
			exchanges(victim);
		CHECK_EQ(write(ends[1], &twin, sizeof(twin)), sizeof(twin));
		while (!shared->ready)
			usleep(1000);
		child_restarts();
	}
	SYS(close(ends[1]));
	CHECK_EQ(read(ends[0], other, sizeof(*other)), sizeof(*other));
	SYS(close(ends[0]));
	return pid;
}

/* Feeds the image up to the second watch, waits, and feeds the rest. */
static void feed(int image, int pipe, pid_t member)
{
	struct forged all = forge_read(image);
	struct forge_record *watch = forge_find(&all, NULL, FORGE_INOTIFY_WATCH);
	size_t middle;

	watch = forge_find(&all, watch, FORGE_INOTIFY_WATCH);
	middle = (unsigned char *)watch - all.bytes;
	CHECK_EQ(write(pipe, all.bytes, middle), (ssize_t)middle);
	wait_until_drained(pipe, member);
	/* A number would be seen now. */
	usleep(50000);
	/* A restart that has failed reads no more. */
	if (write(pipe, all.bytes + middle, all.length - middle) < 0)
		CHECK_EQ(errno, EPIPE);
	SYS(close(pipe));
	free(all.bytes);
}

/* A restart by an ordinary user that may not write to the victim. */
static void restarts(int image, bool stops, int victim)
{
	int log = new_file("log"), ends[2] = { image, -1 }, error;
	static char said[4096];
	pid_t user, feeder = 0, pid, other;

	SYS(lseek(image, 0, SEEK_SET));
	shared->ends = false;
	shared->member = 0;
	if (stops)
		SYS(pipe(ends));
	user = SYS(fork());
	if (user == 0) {
		if (stops)
			SYS(close(ends[1]));
		device();
		become(NOBODY);
		pid = restarting_with(victim, &other);
		shared->member = pid;
		error = ckpt_restart_flags(pid, ends[0], log, 0) < 0 ? errno : 0;
		shared->ends = true;
		SYS(waitpid(other, NULL, 0));
		if (error == 0)
			CHECK_EQ(exit_status(pid), TARGET_EXIT);
		_exit(error);
	}
	if (stops) {
		SYS(close(ends[0]));
		feeder = SYS(fork());
		if (feeder == 0) {
			signal(SIGPIPE, SIG_IGN);
			while (!shared->member)
				usleep(1000);
			feed(image, ends[1], shared->member);
			_exit(0);
		}
		SYS(close(ends[1]));
		CHECK_EQ(exit_status(feeder), 0);
	}
	error = exit_status(user);
	ckpt_read_file("log", said, sizeof(said));
	SYS(close(log));
	if (shared->exchanged)
		ckpt_fail("%d files were exchanged, error %d: %s", shared->exchanged, error, said);
	if (error)
		ckpt_fail("error %d: %s", error, said);
}

int main(void)
{
	static char text[sizeof(SECRET)];
	struct stat stat;
	int image, victim, round;

	everybody_is_allowed();
	SYS(umask(0));
	SYS(chmod(".", 0777));
	ckpt_write_file("victim", SECRET, sizeof(SECRET));
	SYS(chmod("victim", 0644));
	image = image_of_target("image", has_everything);
	shared = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	victim = SYS(open("victim", O_RDONLY));
	/* What is restored ends at once. */
	ckpt_write_file("target-go", "", 0);
	restarts(image, true, victim);
	for (round = 0; round < ROUNDS; round++)
		restarts(image, false, victim);
	SYS(fstat(victim, &stat));
	CHECK_EQ(stat.st_size, sizeof(SECRET));
	CHECK_EQ(pread(victim, text, sizeof(text), 0), sizeof(text));
	CHECK_STR(text, SECRET);
	everybody_is_disallowed();
	return ckpt_pass();
}
