// SPDX-License-Identifier: GPL-2.0-only
//
// A working directory that has been deleted is refused.
//
// EXPECT: refused EOPNOTSUPP|ENOENT|ESTALE "deleted" "directory|cwd"
#include "../ckpt_test.h"

int main(void)
{
	char path[PATH_MAX];

	/* READY and GO are found by absolute paths. */
	ckpt_path(path, "x");
	SYS(mkdir("doomed", 0755));
	SYS(chdir("doomed"));
	SYS(rmdir("../doomed"));
	ckpt_ready();
	CHECK(getcwd(path, sizeof(path)) == NULL);
	return ckpt_pass();
}
