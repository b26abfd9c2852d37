// SPDX-License-Identifier: GPL-2.0-only
//
// The arithmetic flags and the direction flag come back when a program is
// interrupted in user mode.
#include "spin.h"

#define CF 0x001
#define PF 0x004
#define AF 0x010
#define ZF 0x040
#define SF 0x080
#define DF 0x400
#define OF 0x800
#define ALL (CF | PF | AF | ZF | SF | DF | OF)

static uint64_t wanted = CF | AF | SF | DF;

static void one_round(void)
{
	uint64_t flags = wanted, count = SPIN_ROUND;

	/* lea and jrcxz leave the flags alone. */
	asm volatile("pushq %0\n\t"
		     "popfq\n\t"
		     "1: leaq -1(%%rcx), %%rcx\n\t"
		     "jrcxz 2f\n\t"
		     "jmp 1b\n\t"
		     "2: pushfq\n\t"
		     "popq %0\n\t"
		     "cld\n\t"
		     : "+r"(flags), "+c"(count)
		     :
		     : "memory", "cc");
	CHECK_EQ(flags & ALL, wanted);
	wanted ^= ALL;
}

int main(void)
{
	spin_until_go(one_round);
	return ckpt_pass();
}
