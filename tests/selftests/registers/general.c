// SPDX-License-Identifier: GPL-2.0-only
//
// All general registers come back when a program is interrupted in user mode.
#include "spin.h"

/* rax rbx rcx rdx rsi rdi r8 ... r15, then rbp and rsp */
__attribute__((used)) static uint64_t wanted[16], seen[16], stack_pointer, frame_pointer;

static void one_round(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seen); i++)
		seen[i] = 0;
	asm volatile("movq %%rbp, frame_pointer(%%rip)\n\t"
		     "movq %%rsp, stack_pointer(%%rip)\n\t"
		     "movq wanted+0(%%rip), %%rax\n\t"
		     "movq wanted+8(%%rip), %%rbx\n\t"
		     "movq wanted+16(%%rip), %%rcx\n\t"
		     "movq wanted+24(%%rip), %%rdx\n\t"
		     "movq wanted+32(%%rip), %%rsi\n\t"
		     "movq wanted+40(%%rip), %%rdi\n\t"
		     "movq wanted+48(%%rip), %%r8\n\t"
		     "movq wanted+56(%%rip), %%r9\n\t"
		     "movq wanted+64(%%rip), %%r10\n\t"
		     "movq wanted+72(%%rip), %%r11\n\t"
		     "movq wanted+80(%%rip), %%r12\n\t"
		     "movq wanted+88(%%rip), %%r13\n\t"
		     "movq wanted+96(%%rip), %%r14\n\t"
		     "movq wanted+104(%%rip), %%r15\n\t"
		     "movq wanted+112(%%rip), %%rbp\n\t" SPIN
		     "movq %%rax, seen+0(%%rip)\n\t"
		     "movq %%rbx, seen+8(%%rip)\n\t"
		     "movq %%rcx, seen+16(%%rip)\n\t"
		     "movq %%rdx, seen+24(%%rip)\n\t"
		     "movq %%rsi, seen+32(%%rip)\n\t"
		     "movq %%rdi, seen+40(%%rip)\n\t"
		     "movq %%r8, seen+48(%%rip)\n\t"
		     "movq %%r9, seen+56(%%rip)\n\t"
		     "movq %%r10, seen+64(%%rip)\n\t"
		     "movq %%r11, seen+72(%%rip)\n\t"
		     "movq %%r12, seen+80(%%rip)\n\t"
		     "movq %%r13, seen+88(%%rip)\n\t"
		     "movq %%r14, seen+96(%%rip)\n\t"
		     "movq %%r15, seen+104(%%rip)\n\t"
		     "movq %%rbp, seen+112(%%rip)\n\t"
		     "movq %%rsp, seen+120(%%rip)\n\t"
		     "movq frame_pointer(%%rip), %%rbp\n\t"
		     :
		     :
		     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
		       "r13", "r14", "r15", "memory", "cc");
	for (i = 0; i < 15; i++)
		if (seen[i] != wanted[i])
			ckpt_fail("register %zu is %#lx, wanted %#lx", i, seen[i], wanted[i]);
	CHECK_EQ(seen[15], stack_pointer);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		wanted[i] = ckpt_mix(11, i);
	/* Looks like an error that restarts a system call: it must not. */
	wanted[0] = -512;
	spin_until_go(one_round);
	return ckpt_pass();
}
