// SPDX-License-Identifier: GPL-2.0-only
//
// The task's name, set by prctl, stays.
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	char name[16] = "", text[64];

	SYS(prctl(PR_SET_NAME, "a name (x) 15c"));
	ckpt_ready();
	SYS(prctl(PR_GET_NAME, name));
	CHECK_STR(name, "a name (x) 15c");
	ckpt_read_file("/proc/self/comm", text, sizeof(text));
	CHECK_STR(text, "a name (x) 15c\n");
	return ckpt_pass();
}
