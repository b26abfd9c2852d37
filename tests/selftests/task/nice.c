// SPDX-License-Identifier: GPL-2.0-only
//
// The nice value stays.
#include "../ckpt_test.h"
#include <sys/resource.h>

int main(void)
{
	SYS(setpriority(PRIO_PROCESS, 0, 7));
	ckpt_ready();
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7);
	return ckpt_pass();
}
