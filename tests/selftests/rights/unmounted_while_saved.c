// SPDX-License-Identifier: GPL-2.0-only
//
// A file system is unmounted while a process that watches a directory of it (inotify) is being
// saved: the kernel finds no inode that is still held.
//
// MODES: plain
#include "rights.h"
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>

#define ROUNDS 12
/* Watches that are looked up before that of the file system, whatever the order. */
#define AROUND 1200

static void has_instance(void)
{
	CHECK_EQ(inotify_init1(0), 3);
	target_waits();
}

static void name_of(int number, char *name)
{
	sprintf(name, "watched/%d", number);
}

static void watch(int instance, int from, int to)
{
	char name[32];

	for (; from < to; from++) {
		name_of(from, name);
		SYS(inotify_add_watch(instance, name, IN_DELETE));
	}
}

/* A target that watches, and a file system that only the caller has mounted. */
static struct target watching(void)
{
	struct target target = target_frozen(has_instance);
	int pidfd = SYS(syscall(SYS_pidfd_open, target.pid, 0));
	int instance = SYS(syscall(SYS_pidfd_getfd, pidfd, 3, 0));

	SYS(mount("none", "mnt", "tmpfs", 0, ""));
	watch(instance, 0, AROUND);
	SYS(inotify_add_watch(instance, "mnt", IN_DELETE));
	watch(instance, AROUND, 2 * AROUND);
	SYS(close(instance));
	SYS(close(pidfd));
	return target;
}

static int64_t nanoseconds(void)
{
	struct timespec now;

	SYS(clock_gettime(CLOCK_MONOTONIC, &now));
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/*
 * How long it takes to save it. The caller does not see what is mounted: to what is watched there no
 * path leads.
 */
static int64_t saves(pid_t target, int image)
{
	int64_t start = nanoseconds();

	CHECK_ERRNO(ckpt_checkpoint(target, image), EOPNOTSUPP);
	return nanoseconds() - start;
}

/* Where both meet: the round in which the one waits for the other, and what it tells. */
struct meeting {
	int begins, is_ready, saves, has_saved, has_unmounted;
	pid_t target;
	int64_t delay;
};

static struct meeting *meeting;

static void await(const int *word, int round)
{
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) != round)
		sched_yield();
}

static void tell(int *word, int round)
{
	__atomic_store_n(word, round, __ATOMIC_SEQ_CST);
}

/* Mounts, and unmounts in the middle of the checkpoint; others do not see it. */
static void mounts(void)
{
	struct target target;
	int64_t end;
	int round;

	SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
	SYS(unshare(CLONE_NEWNS));
	SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	for (round = 1; round <= ROUNDS; round++) {
		await(&meeting->begins, round);
		target = watching();
		meeting->target = target.pid;
		tell(&meeting->is_ready, round);
		await(&meeting->saves, round);
		end = nanoseconds() + meeting->delay;
		while (nanoseconds() < end)
			;
		SYS(umount2("mnt", 0));
		tell(&meeting->has_unmounted, round);
		await(&meeting->has_saved, round);
		target_end(&target);
	}
	_exit(0);
}

int main(void)
{
	int image = new_file("image"), number, round;
	int64_t span = 0;
	char name[32];
	pid_t mounter;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	device();
	meeting = ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	SYS(mkdir("mnt", 0700));
	SYS(mkdir("watched", 0700));
	for (number = 0; number < 2 * AROUND; number++) {
		name_of(number, name);
		ckpt_write_file(name, "", 0);
	}
	mounter = SYS(fork());
	if (mounter == 0)
		mounts();
	for (round = 1; round <= ROUNDS; round++) {
		tell(&meeting->begins, round);
		await(&meeting->is_ready, round);
		if (span == 0)
			span = saves(meeting->target, image);
		meeting->delay = ckpt_mix(round, ROUNDS) % span;
		tell(&meeting->saves, round);
		saves(meeting->target, image);
		await(&meeting->has_unmounted, round);
		tell(&meeting->has_saved, round);
	}
	CHECK_EQ(exit_status(mounter), 0);
	CHECK_EQ(SYS(lseek(image, 0, SEEK_END)), 0);
	return ckpt_pass();
}
