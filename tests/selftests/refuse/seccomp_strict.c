// SPDX-License-Identifier: GPL-2.0-only
//
// Strict seccomp is refused; the process goes on under it.
//
// EXPECT: refused EOPNOTSUPP "seccomp"
#include "../ckpt_test.h"
#include <linux/seccomp.h>
#include <sys/prctl.h>

/* Half a second at least on any processor. */
#define TURNS 2000000000ul

int main(void)
{
	unsigned long left = TURNS;

	ckpt_announce();
	/* Nothing but read, write and exit from here on: GO cannot be asked for. */
	SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	asm volatile("1: decq %0\n\tjnz 1b" : "+r"(left) : : "cc");
	syscall(SYS_exit, 0);
	return 1;
}
