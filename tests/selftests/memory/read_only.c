// SPDX-License-Identifier: GPL-2.0-only
//
// Read-only memory keeps its contents, and stays read-only.
#include "../ckpt_test.h"
#include <setjmp.h>

#define LENGTH (16 * CKPT_PAGE)

static sigjmp_buf back;

static void on_fault(int signal)
{
	siglongjmp(back, signal);
}

int main(void)
{
	unsigned char *memory = ckpt_anon(LENGTH);

	signal(SIGSEGV, on_fault);
	ckpt_fill_pattern(memory, LENGTH, 6);
	SYS(mprotect(memory, LENGTH, PROT_READ));
	ckpt_ready();
	ckpt_check_pattern(memory, LENGTH, 6);
	if (sigsetjmp(back, 1) == 0) {
		*(volatile unsigned char *)memory = 1;
		ckpt_fail("read-only memory can be written");
	}
	ckpt_check_pattern(memory, LENGTH, 6);
	return ckpt_pass();
}
