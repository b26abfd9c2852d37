// SPDX-License-Identifier: GPL-2.0-only
//
// PR_SET_NO_NEW_PRIVS stays.
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	return ckpt_pass();
}
