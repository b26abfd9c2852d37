// SPDX-License-Identifier: GPL-2.0-only
//
// The upper halves of the AVX registers come back when a program is interrupted
// in user mode.
#include "spin.h"

__attribute__((used, aligned(32))) static uint64_t wanted[64], seen[64];

#define LOAD(n) "vmovdqa wanted+" #n "*32(%%rip), %%ymm" #n "\n\t"
#define STORE(n) "vmovdqa %%ymm" #n ", seen+" #n "*32(%%rip)\n\t"
#define ALL(do)                                                                \
	do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7)                        \
	do(8) do(9) do(10) do(11) do(12) do(13) do(14) do(15)

__attribute__((target("avx"))) static void one_round(void)
{
	size_t i;

	memset(seen, 0, sizeof(seen));
	asm volatile(ALL(LOAD) SPIN ALL(STORE) "vzeroupper\n\t"
		     :
		     :
		     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
		       "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
		       "xmm15");
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (seen[i] != wanted[i])
			ckpt_fail("quarter %zu of ymm%zu is %#lx, wanted %#lx", i % 4, i / 4,
				  seen[i], wanted[i]);
}

int main(void)
{
	if (!__builtin_cpu_supports("avx"))
		ckpt_skip("the processor has no AVX");
	ckpt_fill_pattern(wanted, sizeof(wanted), 13);
	spin_until_go(one_round);
	return ckpt_pass();
}
