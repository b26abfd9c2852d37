// SPDX-License-Identifier: GPL-2.0-only
//
// The sixteen SSE registers come back when a program is interrupted in user
// mode.
#include "spin.h"

__attribute__((used, aligned(16))) static uint64_t wanted[32], seen[32];

#define LOAD(n) "movdqa wanted+" #n "*16(%%rip), %%xmm" #n "\n\t"
#define STORE(n) "movdqa %%xmm" #n ", seen+" #n "*16(%%rip)\n\t"
#define ALL(do)                                                                \
	do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7)                        \
	do(8) do(9) do(10) do(11) do(12) do(13) do(14) do(15)

static void one_round(void)
{
	size_t i;

	memset(seen, 0, sizeof(seen));
	asm volatile(ALL(LOAD) SPIN ALL(STORE)
		     :
		     :
		     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
		       "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
		       "xmm15");
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (seen[i] != wanted[i])
			ckpt_fail("half %zu of xmm%zu is %#lx, wanted %#lx", i % 2, i / 2, seen[i],
				  wanted[i]);
}

int main(void)
{
	ckpt_fill_pattern(wanted, sizeof(wanted), 12);
	spin_until_go(one_round);
	return ckpt_pass();
}
