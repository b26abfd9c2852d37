// SPDX-License-Identifier: GPL-2.0-only
//
// The working directory stays.
#include "../ckpt_test.h"

int main(void)
{
	char before[PATH_MAX], after[PATH_MAX];

	SYS(mkdir("sub", 0755));
	SYS(mkdir("sub/deeper", 0755));
	SYS(chdir("sub/deeper"));
	CHECK(getcwd(before, sizeof(before)) != NULL);
	ckpt_ready();
	CHECK(getcwd(after, sizeof(after)) != NULL);
	CHECK_STR(after, before);
	ckpt_write_file("here", "x", 1);
	SYS(access("../../sub/deeper/here", F_OK));
	return ckpt_pass();
}
