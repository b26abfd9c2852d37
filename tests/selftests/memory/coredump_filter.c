// SPDX-License-Identifier: GPL-2.0-only
//
// The core dump filter and PR_SET_DUMPABLE stay.
#include "../ckpt_test.h"
#include <sys/prctl.h>

int main(void)
{
	char text[32];
	int fd = SYS(open("/proc/self/coredump_filter", O_WRONLY));

	CHECK_EQ(write(fd, "0x5d", 4), 4);
	SYS(close(fd));
	SYS(prctl(PR_SET_DUMPABLE, 0));
	ckpt_ready();
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	SYS(prctl(PR_SET_DUMPABLE, 1));
	ckpt_read_file("/proc/self/coredump_filter", text, sizeof(text));
	CHECK_EQ(strtol(text, NULL, 16), 0x5d);
	return ckpt_pass();
}
