// SPDX-License-Identifier: GPL-2.0-only
//
// A working directory in a mount that is no longer anywhere is refused.
//
// EXPECT: refused EOPNOTSUPP "the working directory is out of the caller's reach"
#include "../ckpt_test.h"
#include <sys/mount.h>

int main(void)
{
	char path[PATH_MAX];
	struct stat stat;

	/* READY and GO are found by absolute paths. */
	ckpt_path(path, "x");
	SYS(mkdir("gone", 0755));
	SYS(mount("none", "gone", "tmpfs", 0, NULL));
	SYS(chdir("gone"));
	SYS(umount2(".", MNT_DETACH));
	ckpt_ready();
	SYS(lstat(".", &stat));
	CHECK(S_ISDIR(stat.st_mode));
	return ckpt_pass();
}
