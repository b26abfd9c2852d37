/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guard regions (MADV_GUARD_INSTALL), and whether a page is in one.
 */
#ifndef GUARD_H
#define GUARD_H

#include "../ckpt_test.h"
#include <setjmp.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

static sigjmp_buf guard_back;

static inline void guard_on_fault(int signal)
{
	siglongjmp(guard_back, signal);
}

/* Whether a look at a page is a fault; the handler of SIGSEGV is guard_on_fault(). */
static inline bool guarded(unsigned char *at)
{
	if (sigsetjmp(guard_back, 1) != 0)
		return true;
	*(volatile unsigned char *)at;
	return false;
}

#endif /* GUARD_H */
