// SPDX-License-Identifier: GPL-2.0-only
//
// A file of /proc that was opened with other credentials than the process has is refused: what it
// may do depends on them. A file of a disk is not concerned.
//
// EXPECT: refused EOPNOTSUPP "opened with other credentials" "fd 4"
#include "../ckpt_test.h"

int main(void)
{
	char text[64];
	int fd;

	if (geteuid() != 0)
		ckpt_skip("needs root");
	CHECK_EQ(SYS(open("file", O_RDWR | O_CREAT, 0644)), 3);
	fd = SYS(open("/proc/version", O_RDONLY));
	/* What is in the test's directory is to be read afterwards. */
	SYS(setresgid(65534, 65534, 65534));
	ckpt_ready();
	CHECK(read(fd, text, sizeof(text)) > 0);
	return ckpt_pass();
}
