/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lock of a user's process or terminal that is held for as long as the user likes: what has it waits for a
 * page of a file that the user serves (FUSE) and does not send. A second task waits for the same lock, for
 * writing, so that any other comes behind.
 */
#ifndef HELD_H
#define HELD_H

#include "../api/faulty.h"
#include "rights.h"

/* How many reads of the file have come, and how many of them have failed at once. */
static volatile int *held_reads;
static int held_failing;
static pid_t held_server;

static inline void held_serve(int fd, const struct fuse_in_header *in)
{
	struct fuse_open_out opened = { 0 };

	if (in->opcode == FUSE_OPEN)
		faulty_answer(fd, in->unique, 0, &opened, sizeof(opened));
	else if (in->opcode != FUSE_READ)
		faulty_serve_one(fd, in);
	else if (++*held_reads <= held_failing)
		faulty_answer(fd, in->unique, EIO, NULL, 0);
}

/* Mounts it, as "held"; so many reads fail before one is not answered. */
static inline void held_begin(int failing)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	if (fd < 0)
		ckpt_skip("no FUSE here");
	held_failing = failing;
	held_reads = mmap(NULL, CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	faulty = mmap(NULL, sizeof(*faulty), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(held_reads != MAP_FAILED && faulty != MAP_FAILED);
	faulty->length = CKPT_PAGE;
	SYS(mkdir("held", 0777));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%d,group_id=%d,allow_other", fd,
		 NOBODY, NOBODY);
	SYS(mount("held", "held", "fuse", 0, options));
	held_server = SYS(fork());
	if (held_server == 0) {
		ckpt_at_fail = NULL;
		become(NOBODY);
		faulty_serve(fd, held_serve);
	}
	SYS(close(fd));
}

/* Waits until the lock is held. */
static inline void held_wait(void)
{
	while (*held_reads <= held_failing)
		usleep(1000);
}

static inline void held_kill(pid_t pid)
{
	SYS(kill(pid, SIGKILL));
	SYS(waitpid(pid, NULL, 0));
}

/* Starts a task of the user's. */
static inline pid_t held_task(void (*run)(pid_t), pid_t target)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		ckpt_at_fail = NULL;
		become(NOBODY);
		run(target);
		_exit(0);
	}
	return pid;
}

static inline bool held_sleeps(pid_t pid)
{
	char state = state_of(pid);

	return state == 'D' || state == 'S';
}

/* A checkpoint of the target by root waits for the lock, and SIGKILL ends it. */
static inline void held_against(pid_t target, void (*holds)(pid_t), void (*wants)(pid_t))
{
	pid_t holder, writer, saver;
	int status;

	holder = held_task(holds, target);
	held_wait();
	writer = held_task(wants, target);
	wait_until_lasting(writer, held_sleeps, "wait for the lock");
	saver = SYS(fork());
	if (saver == 0)
		_exit(ckpt_checkpoint_flags(target, new_file("image"), CKPT_FD_NONE, CHECKPOINT_SUBTREE) > 0);
	wait_until_stuck(saver);
	SYS(kill(saver, SIGKILL));
	ends_within(saver, 20000, &status);
	CHECK_EQ(status, SIGKILL);
	SYS(kill(held_server, SIGKILL));
	held_kill(holder);
	held_kill(writer);
	SYS(waitpid(held_server, NULL, 0));
	held_kill(target);
	SYS(umount2("held", MNT_DETACH));
}

#endif /* HELD_H */
