/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whichever allocation or user copy of a restart fails, of the coordinator's or of a
 * restored task's: a clean error and nobody is left, or all of them go on.
 */
#ifndef FAULTS_RESTART_H
#define FAULTS_RESTART_H

#include "faults.h"

/* Who has the fault: a task, or the coordinator behind the last one. */
struct fault {
	unsigned int who, n;
};

/*
 * Tasks of one restart, by their live ids, before they have anything to fear; and the
 * errors of those whose calls have failed.
 */
#define MOST 4
static int *live, *failed;
/* Where they meet. */
static int place;
/* The pids that the image has for them. */
static pid_t saved[MOST];
static unsigned int tasks;

static inline void all_live(void)
{
	unsigned int who;

	for (who = 0; who < tasks; who++)
		while (!__atomic_load_n(&live[who], __ATOMIC_SEQ_CST))
			usleep(200);
}

static inline void enters(unsigned int who, const struct fault *fault)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .fd = CKPT_FD_NONE,
					 .logfd = CKPT_FD_NONE, .cgroup_fd = CKPT_FD_NONE,
					 .image_pid = saved[who] };

	__atomic_store_n(&live[who], gettid(), __ATOMIC_SEQ_CST);
	/* Whose call fails at once ends the process: not before all others are there. */
	all_live();
	if (fault->who == who)
		faults_arm(gettid(), fault->n);
	ioctl(place, CKPT_IOC_RESTART, &argument);
	failed[who] = errno;
	_exit(200);
}

struct thread {
	unsigned int who;
	const struct fault *fault;
};

static inline void *thread_enters(void *argument)
{
	struct thread *thread = argument;

	enters(thread->who, thread->fault);
	return NULL;
}

static inline pid_t threads_born(const struct fault *fault)
{
	struct thread threads[MOST];
	pid_t pid = SYS(fork());
	unsigned int who;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (who = 1; who < tasks; who++) {
			pthread_t thread;

			threads[who] = (struct thread){ who, fault };
			CHECK_EQ(pthread_create(&thread, NULL, thread_enters, &threads[who]), 0);
		}
		enters(0, fault);
	}
	return pid;
}

/* Saves a process, and remembers its threads. */
static inline int image_of(void (*run)(void))
{
	struct target target;
	int fd = faults_image();
	char path[64];
	pid_t tid;

	/* Who is saved does not share it. */
	SYS(madvise(live, CKPT_PAGE, MADV_DONTFORK));
	target = target_frozen(run);
	SYS(madvise(live, CKPT_PAGE, MADV_DOFORK));
	tasks = 0;
	for (tid = target.pid; tid < target.pid + 100 && tasks < MOST; tid++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d", target.pid, tid);
		if (access(path, F_OK) == 0)
			saved[tasks++] = tid;
	}
	if (ckpt_checkpoint(target.pid, fd) <= 0)
		ckpt_fail("checkpoint: %s", strerror(errno));
	target_end(&target);
	return fd;
}

/* One restart with a fault in it; whether it has happened. */
static inline bool restarts(int image, struct fault fault)
{
	struct ckpt_restart argument = { .size = sizeof(argument), .logfd = faults_new_log(),
					 .cgroup_fd = CKPT_FD_NONE, .fd = again(image),
					 /* The test's output has grown meanwhile. */
					 .flags = RESTART_CHANGED_FILES };
	bool happened = true;
	int error;

	memset(live, 0, CKPT_PAGE);
	place = SYS(open(CKPT_DEVICE, O_RDWR | O_CLOEXEC));
	argument.pid = threads_born(&fault);
	all_live();
	if (fault.who == tasks)
		faults_arm(gettid(), fault.n);
	error = ioctl(place, CKPT_IOC_RESTART, &argument) < 0 ? errno : 0;
	if (fault.who == tasks)
		happened = faults_happened(gettid());
	else if (error == 0)
		happened = faults_happened(live[fault.who]);
	faults_arm(gettid(), 0);
	SYS(close(place));
	if (error == 0) {
		ckpt_write_file("target-go", "", 0);
		CHECK_EQ(exit_status(argument.pid), TARGET_EXIT);
		SYS(unlink("target-go"));
		return happened;
	}
	if (!happened)
		ckpt_fail("restart without a fault: %s", strerror(error));
	/* Who was on the roll is dead; who was not yet is told. */
	kill(argument.pid, SIGKILL);
	exit_status(argument.pid);
	/* A task that has failed before anybody has called it is just not there. */
	if (error == ESRCH && fault.who < tasks && failed[fault.who])
		error = failed[fault.who];
	faults_fit(fault.who, fault.n, error);
	return true;
}

/* Walks through the restarts of a process, with faults of each of its tasks in turn. */
static inline int walk(void (*run)(void))
{
	struct fault fault;
	int image;

	device();
	live = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(live != MAP_FAILED);
	failed = live + MOST;
	image = image_of(run);
	faults_start();
	for (fault.who = 0; fault.who <= tasks; fault.who++) {
		for (fault.n = 1; restarts(image, fault); fault.n++)
			;
		/* A thread shares most with the first one. */
		CHECK(fault.n > (fault.who % tasks == 0 ? 20 : 3));
		dprintf(STDERR_FILENO, "%u faults of %u\n", fault.n - 1, fault.who);
	}
	CHECK_EQ(faults_wrong, 0);
	return ckpt_pass();
}

#endif /* FAULTS_RESTART_H */
