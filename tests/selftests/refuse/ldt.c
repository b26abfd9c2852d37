// SPDX-License-Identifier: GPL-2.0-only
//
// Entries in the local descriptor table are refused, also when a segment is one of them.
//
// EXPECT: refused EOPNOTSUPP "LDT|ldt|descriptor table"
#include "../ckpt_test.h"
#include <asm/ldt.h>

int main(void)
{
	struct user_desc entry = { .entry_number = 0, .base_addr = 0, .limit = 0xfffff,
				   .seg_32bit = 1, .limit_in_pages = 1, .useable = 1 };

	if (syscall(SYS_modify_ldt, 1, &entry, sizeof(entry)) != 0)
		ckpt_skip("no LDT here");
	asm volatile("mov %0, %%gs" : : "r"(7));
	ckpt_ready();
	return ckpt_pass();
}
