// SPDX-License-Identifier: GPL-2.0-only
//
// A program that is interrupted in a restartable sequence does not go on in it:
// it comes out at the abort handler.
#include "../registers/spin.h"
#include <sys/rseq.h>

struct critical_section {
	uint32_t version, flags;
	uint64_t start, length, abort;
} __attribute__((aligned(32)));

__attribute__((used)) static struct critical_section section;
static int aborted, completed;

static struct rseq *area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

/* A sequence that takes long: being scheduled away or frozen aborts it. */
static int run_section(void)
{
	int result;

	asm volatile("leaq 2f(%%rip), %%rax\n\t"
		     "movq %%rax, 8+section(%%rip)\n\t"
		     "leaq 3f(%%rip), %%rcx\n\t"
		     "subq %%rax, %%rcx\n\t"
		     "movq %%rcx, 16+section(%%rip)\n\t"
		     "leaq 4f(%%rip), %%rax\n\t"
		     "movq %%rax, 24+section(%%rip)\n\t"
		     "leaq section(%%rip), %%rax\n\t"
		     "movq %%rax, %[cs]\n\t"
		     "2: decq spin_count(%%rip)\n\t"
		     "jnz 2b\n\t"
		     "3: movl $0, %[result]\n\t"
		     "jmp 5f\n\t"
		     ".byte 0x0f, 0xb9, 0x3d\n\t"
		     ".long 0x53053053\n\t"
		     "4: movl $1, %[result]\n\t"
		     "5:\n\t"
		     : [result] "=r"(result), [cs] "+m"(area()->rseq_cs)
		     :
		     : "rax", "rcx", "memory", "cc");
	area()->rseq_cs = 0;
	return result;
}

static void one_round(void)
{
	spin_count = SPIN_ROUND;
	if (run_section()) {
		/* Not one step was made after the interruption. */
		CHECK(spin_count != 0);
		aborted++;
	} else {
		CHECK_EQ(spin_count, 0);
		completed++;
	}
}

int main(void)
{
	if (__rseq_size == 0)
		ckpt_skip("the C library has not registered an area");
	spin_until_go(one_round);
	dprintf(STDERR_FILENO, "%d sequences aborted, %d completed\n", aborted, completed);
	return ckpt_pass();
}
