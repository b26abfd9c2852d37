/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spinning in user mode with registers in a known state.
 *
 * The loop counts down in memory, so that it needs no register.  One round takes
 * some tens of milliseconds, the look for GO between two rounds some
 * microseconds: the checkpoint falls into the loop.
 */
#ifndef SPIN_H
#define SPIN_H

#include "../ckpt_test.h"

#define SPIN_ROUND 20000000

__attribute__((used)) static volatile uint64_t spin_count;

/* For an asm statement; changes flags and nothing else. */
#define SPIN "1: decq spin_count(%%rip)\n\tjnz 1b\n\t"

/* Makes rounds, and looks at the result of each, until GO. */
static inline void spin_until_go(void (*round)(void))
{
	int64_t start = ckpt_now_ms();

	ckpt_announce();
	do {
		spin_count = SPIN_ROUND;
		round();
		if (ckpt_now_ms() - start > CKPT_GO_SECONDS * 1000)
			ckpt_fail("no GO within %d seconds", CKPT_GO_SECONDS);
	} while (!ckpt_gone());
}

#endif /* SPIN_H */
