// SPDX-License-Identifier: GPL-2.0-only
//
// Protection keys: the allocated keys, the keys of mappings, and the rights in
// PKRU come back and have effect.
#include "../ckpt_test.h"
#include <setjmp.h>

static sigjmp_buf back;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	siglongjmp(back, info->si_code);
}

static int fault_of_write(volatile unsigned char *at)
{
	int code = sigsetjmp(back, 1);

	if (code == 0)
		*at = 1;
	return code;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	int freed = pkey_alloc(0, 0), no_write, no_access, next;
	unsigned char *page = ckpt_anon(2 * CKPT_PAGE);

	if (freed < 0)
		ckpt_skip("no protection keys here");
	no_write = SYS(pkey_alloc(0, PKEY_DISABLE_WRITE));
	no_access = SYS(pkey_alloc(0, PKEY_DISABLE_ACCESS));
	SYS(pkey_free(freed));
	SYS(sigaction(SIGSEGV, &action, NULL));
	memset(page, 3, 2 * CKPT_PAGE);
	SYS(pkey_mprotect(page, CKPT_PAGE, PROT_READ | PROT_WRITE, no_write));
	SYS(pkey_mprotect(page + CKPT_PAGE, CKPT_PAGE, PROT_READ | PROT_WRITE, no_access));
	ckpt_ready();
	CHECK_EQ(pkey_get(no_write), PKEY_DISABLE_WRITE);
	CHECK(pkey_get(no_access) & PKEY_DISABLE_ACCESS);
	CHECK_EQ(page[5], 3);
	CHECK_EQ(fault_of_write(page), SEGV_PKUERR);
	CHECK_EQ(fault_of_write(page + CKPT_PAGE), SEGV_PKUERR);
	SYS(pkey_set(no_write, 0));
	SYS(pkey_set(no_access, 0));
	CHECK_EQ(page[CKPT_PAGE + 5], 3);
	CHECK_EQ(fault_of_write(page), 0);
	/* The freed key is the first that is free. */
	next = SYS(pkey_alloc(0, 0));
	CHECK_EQ(next, freed);
	return ckpt_pass();
}
