/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whichever allocation or user copy of a checkpoint fails: a clean error, or none, and
 * the saved one runs on.
 */
#ifndef FAULTS_CHECKPOINT_H
#define FAULTS_CHECKPOINT_H

#include "faults.h"

enum way { AT_ONCE, IN_TWO_STEPS, WAYS };

static inline int saves(pid_t pid, int fd, enum way way)
{
	struct ckpt_checkpoint capture = { .size = sizeof(capture), .flags = CHECKPOINT_SUBTREE,
					   .pid = pid, .fd = CKPT_FD_NONE, .logfd = faults_log };
	struct ckpt_write out = { .size = sizeof(out), .fd = fd, .logfd = faults_log };

	if (way == AT_ONCE)
		return ckpt_checkpoint_flags(pid, fd, faults_log, CHECKPOINT_SUBTREE) > 0 ? 0 :
											    errno;
	out.id = ioctl(device(), CKPT_IOC_CAPTURE, &capture);
	if (out.id <= 0)
		return errno;
	return ioctl(device(), CKPT_IOC_WRITE, &out) == 0 ? 0 : errno;
}

/* Lets every one fail; how many there are. */
static inline unsigned int walk(const struct target *target, enum way way)
{
	unsigned int n;

	for (n = 1;; n++) {
		int fd = faults_image(), error;
		bool happened;

		faults_new_log();
		faults_arm(gettid(), n);
		error = saves(target->pid, fd, way);
		happened = faults_happened(gettid());
		faults_arm(gettid(), 0);
		SYS(close(fd));
		if (!happened) {
			CHECK_EQ(error, 0);
			return n - 1;
		}
		faults_fit(way, n, error);
		if (n % 32 == 0) {
			target_freeze(target, false);
			target_freeze(target, true);
		}
	}
}

/* Walks through the checkpoints of a frozen target, which then ends by itself. */
static inline int walk_both(struct target *target)
{
	unsigned int first, second;

	faults_start();
	first = walk(target, AT_ONCE);
	second = walk(target, IN_TWO_STEPS);
	CHECK(first > 20 && second > 20);
	dprintf(STDERR_FILENO, "%u and %u faults\n", first, second);
	target_ends_well(target);
	CHECK_EQ(faults_wrong, 0);
	return ckpt_pass();
}

#endif /* FAULTS_CHECKPOINT_H */
