// SPDX-License-Identifier: GPL-2.0-only
//
// The address of set_tid_address stays: prctl gives it.
#include "../ckpt_test.h"
#include <sys/prctl.h>

static int word = 4711;

int main(void)
{
	int *seen = NULL;

	SYS(syscall(SYS_set_tid_address, &word));
	ckpt_ready();
	if (prctl(PR_GET_TID_ADDRESS, &seen, 0, 0, 0) != 0)
		ckpt_skip("no PR_GET_TID_ADDRESS here");
	CHECK(seen == &word);
	CHECK_EQ(word, 4711);
	return ckpt_pass();
}
