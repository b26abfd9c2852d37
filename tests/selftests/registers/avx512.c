// SPDX-License-Identifier: GPL-2.0-only
//
// The AVX-512 registers, the upper sixteen and the masks included, come back
// when a program is interrupted in user mode.
#include "spin.h"

__attribute__((used, aligned(64))) static uint64_t wanted[256], seen[256];
__attribute__((used)) static uint64_t wanted_mask[8], seen_mask[8];

#define LOAD(n) "vmovdqa64 wanted+" #n "*64(%%rip), %%zmm" #n "\n\t"
#define STORE(n) "vmovdqa64 %%zmm" #n ", seen+" #n "*64(%%rip)\n\t"
#define LOAD_MASK(n) "kmovw wanted_mask+" #n "*8(%%rip), %%k" #n "\n\t"
#define STORE_MASK(n) "kmovw %%k" #n ", seen_mask+" #n "*8(%%rip)\n\t"
#define EIGHT(do) do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7)
#define ALL(do)                                                                \
	EIGHT(do) do(8) do(9) do(10) do(11) do(12) do(13) do(14) do(15)        \
	do(16) do(17) do(18) do(19) do(20) do(21) do(22) do(23)                \
	do(24) do(25) do(26) do(27) do(28) do(29) do(30) do(31)

__attribute__((target("avx512f"))) static void one_round(void)
{
	memset(seen, 0, sizeof(seen));
	memset(seen_mask, 0, sizeof(seen_mask));
	asm volatile(ALL(LOAD) EIGHT(LOAD_MASK) SPIN ALL(STORE) EIGHT(STORE_MASK)
		     "vzeroupper\n\t"
		     :
		     :
		     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
		       "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
		       "xmm15", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22",
		       "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",
		       "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7");
	ckpt_check_pattern(seen, sizeof(seen), 14);
	CHECK_EQ(memcmp(seen_mask, wanted_mask, sizeof(seen_mask)), 0);
}

int main(void)
{
	size_t i;

	if (!__builtin_cpu_supports("avx512f"))
		ckpt_skip("the processor has no AVX-512");
	ckpt_fill_pattern(wanted, sizeof(wanted), 14);
	for (i = 0; i < ARRAY_SIZE(wanted_mask); i++)
		wanted_mask[i] = ckpt_mix(15, i) & 0xffff;
	spin_until_go(one_round);
	return ckpt_pass();
}
