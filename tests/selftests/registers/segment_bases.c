// SPDX-License-Identifier: GPL-2.0-only
//
// The bases of fs and gs come back: thread-local variables and what gs points
// to are where they were.
#include "../ckpt_test.h"
#include <asm/prctl.h>

static __thread uint64_t local = 0x1122334455667788;
static uint64_t table[4];

static uint64_t gs_word(size_t offset)
{
	uint64_t value;

	asm volatile("movq %%gs:(%1), %0" : "=r"(value) : "r"(offset));
	return value;
}

int main(void)
{
	uint64_t fs = 0, gs = 0, fs_before = 0;
	uint64_t *local_before = &local;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		table[i] = ckpt_mix(16, i);
	local = 0xabcdef;
	SYS(syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)table));
	SYS(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_before));
	ckpt_ready();
	SYS(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
	SYS(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
	CHECK_EQ(fs, fs_before);
	CHECK_EQ(gs, (unsigned long)table);
	CHECK_EQ(local, 0xabcdef);
	CHECK(&local == local_before);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		CHECK_EQ(gs_word(i * 8), table[i]);
	return ckpt_pass();
}
