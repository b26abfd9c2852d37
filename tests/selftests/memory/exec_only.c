// SPDX-License-Identifier: GPL-2.0-only
//
// Memory that can only be executed or only be written keeps its contents and
// its rights.
#include "smaps.h"

int main(void)
{
	unsigned char *code = ckpt_anon(CKPT_PAGE), *sink = ckpt_anon(CKPT_PAGE);
	char before[2][256];

	memcpy(code, (const unsigned char[]){ 0xb8, 42, 0, 0, 0, 0xc3 }, 6);
	ckpt_fill_pattern(sink, CKPT_PAGE, 38);
	SYS(mprotect(code, CKPT_PAGE, PROT_EXEC));
	SYS(mprotect(sink, CKPT_PAGE, PROT_WRITE));
	strcpy(before[0], smaps_line(code, "VmFlags"));
	strcpy(before[1], smaps_line(sink, "VmFlags"));
	ckpt_ready();
	CHECK_EQ(((int (*)(void))(void *)code)(), 42);
	CHECK_STR(smaps_line(code, "VmFlags"), before[0]);
	CHECK_STR(smaps_line(sink, "VmFlags"), before[1]);
	SYS(mprotect(sink, CKPT_PAGE, PROT_READ));
	ckpt_check_pattern(sink, CKPT_PAGE, 38);
	return ckpt_pass();
}
