// SPDX-License-Identifier: GPL-2.0-only
//
// A file that a mount has hidden is refused, not confused with what is seen now.
//
// EXPECT: refused EOPNOTSUPP "path does not lead to" "fd 3"
#include "../ckpt_test.h"
#include <sys/mount.h>

int main(void)
{
	char byte = 0;
	int fd;

	SYS(mkdir("dir", 0755));
	ckpt_write_file("dir/file", "old", 3);
	fd = SYS(open("dir/file", O_RDONLY));
	if (mount("tmpfs", "dir", "tmpfs", 0, "size=64k") != 0)
		ckpt_skip("nothing can be mounted here");
	ckpt_write_file("dir/file", "new", 3);
	ckpt_ready();
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(byte, 'o');
	SYS(umount("dir"));
	return ckpt_pass();
}
