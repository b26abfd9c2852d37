// SPDX-License-Identifier: GPL-2.0-only
//
// With --pids the process has the number that it had, in all the places where it
// can be read.
//
// MODES: -new-pid
#include "../ckpt_test.h"

int main(void)
{
	pid_t pid = getpid(), tid = gettid();
	char link[32] = "";

	ckpt_ready();
	CHECK_EQ(getpid(), pid);
	CHECK_EQ(gettid(), tid);
	SYS(readlink("/proc/self", link, sizeof(link) - 1));
	CHECK_EQ(atoi(link), pid);
	return ckpt_pass();
}
