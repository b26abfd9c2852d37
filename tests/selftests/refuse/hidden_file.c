// SPDX-License-Identifier: GPL-2.0-only
//
// A file that a mount hides is refused: its path leads elsewhere.
//
// EXPECT: refused EOPNOTSUPP "path does not lead to" "fd 3"
#include "../ckpt_test.h"
#include <sys/mount.h>

int main(void)
{
	int fd;

	SYS(mkdir("hidden", 0755));
	fd = SYS(open("hidden/file", O_RDWR | O_CREAT, 0644));
	CHECK_EQ(fd, 3);
	SYS(mount("none", "hidden", "tmpfs", 0, NULL));
	ckpt_ready();
	SYS(umount("hidden"));
	CHECK_EQ(write(fd, "x", 1), 1);
	return ckpt_pass();
}
