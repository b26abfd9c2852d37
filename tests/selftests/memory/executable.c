// SPDX-License-Identifier: GPL-2.0-only
//
// Code in an executable anonymous page runs, also when it cannot be written.
#include "../ckpt_test.h"

/* mov $0x12345678, %eax; ret */
static const unsigned char code[] = { 0xb8, 0x78, 0x56, 0x34, 0x12, 0xc3 };

int main(void)
{
	void *page = ckpt_anon(CKPT_PAGE);
	unsigned int (*function)(void) = (unsigned int (*)(void))page;

	memcpy(page, code, sizeof(code));
	SYS(mprotect(page, CKPT_PAGE, PROT_READ | PROT_EXEC));
	CHECK_EQ(function(), 0x12345678);
	ckpt_ready();
	CHECK_EQ(function(), 0x12345678);
	return ckpt_pass();
}
