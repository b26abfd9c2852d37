// SPDX-License-Identifier: GPL-2.0-only
//
// What the task has chosen for memory that the hardware loses stays (PR_MCE_KILL).
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	SYS(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	ckpt_ready();
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_EARLY);
	SYS(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0));
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_LATE);
	return ckpt_pass();
}
