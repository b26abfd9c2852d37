// SPDX-License-Identifier: GPL-2.0-only
//
// /proc/self/exe names the program.
#include "../ckpt_test.h"

int main(void)
{
	char before[PATH_MAX] = "", after[PATH_MAX] = "";
	struct stat one, two;

	SYS(readlink("/proc/self/exe", before, sizeof(before) - 1));
	SYS(stat("/proc/self/exe", &one));
	ckpt_ready();
	SYS(readlink("/proc/self/exe", after, sizeof(after) - 1));
	CHECK_STR(after, before);
	SYS(stat("/proc/self/exe", &two));
	CHECK_EQ(one.st_ino, two.st_ino);
	CHECK_EQ(one.st_dev, two.st_dev);
	return ckpt_pass();
}
