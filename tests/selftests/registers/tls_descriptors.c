// SPDX-License-Identifier: GPL-2.0-only
//
// Thread-local descriptors made by set_thread_area come back, and a selector
// that names one still works.
#include "../ckpt_test.h"
#include <asm/ldt.h>

#define SLOT 12

/* The call exists for 32-bit programs only, but anybody may make it. */
static long call_32(long number, void *argument)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(number), "b"(argument)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static uint32_t word_of_gs(void)
{
	uint32_t value;

	asm volatile("movl %%gs:4, %0" : "=r"(value));
	return value;
}

int main(void)
{
	uint32_t *low = ckpt_map(CKPT_PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT);
	struct user_desc *made = (void *)(low + 64), *seen = (void *)(low + 128);
	uint16_t selector = SLOT * 8 + 3, gs = 0;

	low[1] = 0x600df00d;
	*made = (struct user_desc){ .entry_number = SLOT, .limit = 0xfffff, .seg_32bit = 1,
				    .limit_in_pages = 1, .useable = 1,
				    .base_addr = (uint32_t)(uintptr_t)low };
	seen->entry_number = SLOT;
	if (call_32(243, made) != 0)
		ckpt_skip("the kernel does not take 32-bit system calls");
	asm volatile("movw %0, %%gs" : : "r"(selector));
	CHECK_EQ(word_of_gs(), 0x600df00d);
	ckpt_ready();
	CHECK_EQ(call_32(244, seen), 0);
	CHECK_EQ(seen->base_addr, made->base_addr);
	CHECK_EQ(seen->limit, made->limit);
	CHECK_EQ(seen->useable, 1);
	asm volatile("movw %%gs, %0" : "=r"(gs));
	CHECK_EQ(gs, selector);
	CHECK_EQ(word_of_gs(), 0x600df00d);
	return ckpt_pass();
}
