// SPDX-License-Identifier: GPL-2.0-only
//
// The timer slack stays, and so does the default that 0 goes back to.
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	long original = SYS(prctl(PR_GET_TIMERSLACK));

	SYS(prctl(PR_SET_TIMERSLACK, 123456));
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 123456);
	SYS(prctl(PR_SET_TIMERSLACK, 0));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), original);
	return ckpt_pass();
}
