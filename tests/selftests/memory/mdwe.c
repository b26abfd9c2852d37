// SPDX-License-Identifier: GPL-2.0-only
//
// PR_SET_MDWE stays in force: memory that can be written cannot be made
// executable. What was executable before still is.
#include "../ckpt_test.h"
#include <sys/prctl.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

int main(void)
{
	unsigned char *code = ckpt_anon(CKPT_PAGE), *data = ckpt_anon(CKPT_PAGE);

	code[0] = 0xc3; /* ret */
	SYS(mprotect(code, CKPT_PAGE, PROT_READ | PROT_EXEC));
	if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0)
		ckpt_skip("no PR_SET_MDWE here");
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_MDWE, 0, 0, 0, 0), PR_MDWE_REFUSE_EXEC_GAIN);
	((void (*)(void))(void *)code)();
	CHECK_ERRNO(mprotect(data, CKPT_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), EACCES);
	CHECK_ERRNO(mprotect(data, CKPT_PAGE, PROT_READ | PROT_EXEC), EACCES);
	CHECK(mmap(NULL, CKPT_PAGE, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	      MAP_FAILED);
	return ckpt_pass();
}
