// SPDX-License-Identifier: GPL-2.0-only
//
// A nice value of the session as a whole (/proc/PID/autogroup) is refused; it stays.
//
// EXPECT: refused EOPNOTSUPP "nice value of its session"
#include "../ckpt_test.h"

int main(void)
{
	char text[64];

	if (access("/proc/self/autogroup", W_OK) != 0)
		ckpt_skip("sessions are not scheduled as a whole here");
	if (getsid(0) != getpid())
		SYS(setsid());
	ckpt_write_file("/proc/self/autogroup", "5", 1);
	ckpt_ready();
	ckpt_read_file("/proc/self/autogroup", text, sizeof(text));
	CHECK(strstr(text, "nice 5") != NULL);
	return ckpt_pass();
}
