// SPDX-License-Identifier: GPL-2.0-only
//
// The root directory stays: what is outside a chroot is not to be seen.
//
// BUILD: static
#include "../ckpt_test.h"

int main(void)
{
	struct stat root, dot;
	int fd;

	SYS(mkdir("jail", 0755));
	SYS(mkdir("jail/inside", 0755));
	ckpt_write_file("jail/file", "jailed", 6);
	SYS(symlink("jail/inside/ready", "ready"));
	SYS(symlink("jail/inside/go", "go"));
	if (chroot("jail") != 0)
		ckpt_skip("chroot is not permitted");
	SYS(chdir("/inside"));
	fd = SYS(open("/file", O_RDONLY));
	/* READY and GO now live in the jail, to which the runner has links. */
	strcpy(ckpt_dir, "/inside");
	ckpt_ready();
	SYS(stat("/", &root));
	CHECK_ERRNO(access("/proc/self", F_OK), ENOENT);
	SYS(access("/file", F_OK));
	SYS(stat("..", &dot));
	CHECK_EQ(root.st_ino, dot.st_ino);
	SYS(stat("../..", &dot));
	CHECK_EQ(root.st_ino, dot.st_ino);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 6);
	ckpt_write_file("written", "x", 1);
	SYS(access("/inside/written", F_OK));
	return ckpt_pass();
}
