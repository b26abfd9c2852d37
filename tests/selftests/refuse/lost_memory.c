// SPDX-License-Identifier: GPL-2.0-only
//
// Memory that the hardware has lost is told by its address; the rest lives on.
//
// EXPECT: refused EOPNOTSUPP|EFAULT|EIO|EHWPOISON "lost by the hardware"
#include "../ckpt_test.h"
#include <setjmp.h>

#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif

static sigjmp_buf back;

static void on_fault(int signal)
{
	siglongjmp(back, signal);
}

int main(void)
{
	unsigned char *at = ckpt_anon(4 * CKPT_PAGE);

	SYS(madvise(at, 4 * CKPT_PAGE, MADV_NOHUGEPAGE));
	ckpt_fill_pattern(at, 4 * CKPT_PAGE, 81);
	signal(SIGBUS, on_fault);
	if (sigsetjmp(back, 1) == 0 && madvise(at + CKPT_PAGE, CKPT_PAGE, MADV_HWPOISON) != 0)
		ckpt_skip("no errors of the memory can be made here");
	ckpt_ready();
	ckpt_check_pattern(at, CKPT_PAGE, 81);
	if (sigsetjmp(back, 1) == 0) {
		*(volatile unsigned char *)(at + CKPT_PAGE);
		ckpt_fail("a page that was lost can be read");
	}
	return ckpt_pass();
}
