// SPDX-License-Identifier: GPL-2.0-only
//
// The data segment selectors come back.
#include "spin.h"

static void one_round(void)
{
	uint16_t ds, es, gs;

	asm volatile(SPIN "movw %%ds, %0\n\tmovw %%es, %1\n\tmovw %%gs, %2"
		     : "=r"(ds), "=r"(es), "=r"(gs)
		     :
		     : "memory", "cc");
	CHECK_EQ(ds, 0x2b);
	CHECK_EQ(es, 0x2b);
	CHECK_EQ(gs, 0);
}

int main(void)
{
	/* The user's data segment; a program starts with null selectors. */
	asm volatile("movw %0, %%ds\n\tmovw %0, %%es" : : "r"((uint16_t)0x2b));
	spin_until_go(one_round);
	return ckpt_pass();
}
