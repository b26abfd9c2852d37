// SPDX-License-Identifier: GPL-2.0-only
//
// A program that is interrupted in a system call has all registers but rax, rcx
// and r11 unchanged behind it; rcx and r11 hold what the instruction leaves there.
//
// It waits with a time limit: the kernel goes on with what it has remembered of the call.
// BLOCK: futex
// MODES: run-on kill-restart again stopped
// LIBS: -lpthread
#include "../ckpt_test.h"
#include <linux/futex.h>
#include <pthread.h>

__attribute__((used)) static uint64_t wanted[16], seen[16], after, flags;
__attribute__((used)) static struct timespec limit;
__attribute__((used)) static uint32_t word;

/* Wakes the first thread once the program may go on; that has to begin its call anew, perhaps. */
static void *wake(void *unused)
{
	ckpt_wait_go();
	while (SYS(syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0)) == 0)
		usleep(1000);
	return unused;
}

int main(void)
{
	pthread_t waker;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		wanted[i] = ckpt_mix(17, i);
	limit.tv_sec = 100000;
	CHECK_EQ(pthread_create(&waker, NULL, wake, NULL), 0);
	ckpt_announce();
	asm volatile("movq wanted+0(%%rip), %%rbx\n\t"
		     "movq wanted+8(%%rip), %%r8\n\t"
		     "movq wanted+16(%%rip), %%r9\n\t"
		     "movq wanted+24(%%rip), %%r12\n\t"
		     "movq wanted+32(%%rip), %%r13\n\t"
		     "movq wanted+40(%%rip), %%r14\n\t"
		     "movq wanted+48(%%rip), %%r15\n\t"
		     "leaq word(%%rip), %%rdi\n\t"
		     "xorl %%esi, %%esi\n\t" /* FUTEX_WAIT */
		     "xorl %%edx, %%edx\n\t"
		     "leaq limit(%%rip), %%r10\n\t"
		     "movl $202, %%eax\n\t"
		     "syscall\n\t"
		     "1: movq %%rax, seen+56(%%rip)\n\t"
		     "movq %%rcx, seen+64(%%rip)\n\t"
		     "movq %%r11, seen+72(%%rip)\n\t"
		     "pushfq\n\t"
		     "popq %%rax\n\t"
		     "movq %%rax, flags(%%rip)\n\t"
		     "leaq 1b(%%rip), %%rax\n\t"
		     "movq %%rax, after(%%rip)\n\t"
		     "movq %%rbx, seen+0(%%rip)\n\t"
		     "movq %%r8, seen+8(%%rip)\n\t"
		     "movq %%r9, seen+16(%%rip)\n\t"
		     "movq %%r12, seen+24(%%rip)\n\t"
		     "movq %%r13, seen+32(%%rip)\n\t"
		     "movq %%r14, seen+40(%%rip)\n\t"
		     "movq %%r15, seen+48(%%rip)\n\t"
		     "movq %%rdi, seen+80(%%rip)\n\t"
		     "movq %%rsi, seen+88(%%rip)\n\t"
		     "movq %%r10, seen+96(%%rip)\n\t"
		     "movq %%rdx, seen+104(%%rip)\n\t"
		     :
		     :
		     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
		       "r13", "r14", "r15", "memory", "cc");
	for (i = 0; i < 7; i++)
		CHECK_EQ(seen[i], wanted[i]);
	CHECK_EQ(seen[7], 0);
	CHECK_EQ(seen[8], after);
	CHECK_EQ(seen[9] & 0xcd5, flags & 0xcd5);
	CHECK_EQ(seen[10], (uintptr_t)&word);
	CHECK_EQ(seen[11] | seen[13], 0);
	CHECK_EQ(seen[12], (uintptr_t)&limit);
	return ckpt_pass();
}
