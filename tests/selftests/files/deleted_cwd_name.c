// SPDX-License-Identifier: GPL-2.0-only
//
// A deleted working directory has the name that it had, where nothing else has it now; what has it is not
// touched.
#include "../ckpt_test.h"

static void check(const char *own, const char *path)
{
	char text[PATH_MAX], wanted[PATH_MAX + 64];
	ssize_t length = SYS(readlink(own, text, sizeof(text) - 1));

	text[length] = '\0';
	snprintf(wanted, sizeof(wanted), "%s/gone (deleted)", path);
	CHECK_STR(text, wanted);
}

int main(void)
{
	char top[PATH_MAX];
	int taken;

	CHECK(getcwd(top, sizeof(top)) != NULL);
	SYS(mkdir("taken", 0755));
	taken = SYS(open("taken", O_RDONLY | O_DIRECTORY));
	SYS(rmdir("taken"));
	SYS(mkdir("taken", 0711));
	SYS(mkdir("gone", 0755));
	SYS(chdir("gone"));
	SYS(rmdir("../gone"));
	ckpt_ready();
	check("/proc/self/cwd", top);
	CHECK_ERRNO(mkdir("inside", 0755), ENOENT);
	CHECK_ERRNO(mkdirat(taken, "inside", 0755), ENOENT);
	return ckpt_pass();
}
