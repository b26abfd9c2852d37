// SPDX-License-Identifier: GPL-2.0-only
//
// Memory under PROT_NONE keeps the contents that it had before, and cannot be
// touched until it is unprotected.
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
	ckpt_fill_pattern(memory, LENGTH, 5);
	SYS(mprotect(memory, LENGTH, PROT_NONE));
	ckpt_ready();
	if (sigsetjmp(back, 1) == 0) {
		*(volatile unsigned char *)memory;
		ckpt_fail("PROT_NONE memory can be read");
	}
	SYS(mprotect(memory, LENGTH, PROT_READ));
	ckpt_check_pattern(memory, LENGTH, 5);
	return ckpt_pass();
}
