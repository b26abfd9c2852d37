// SPDX-License-Identifier: GPL-2.0-only
//
// A program whose executable has been deleted runs on, and is still what /proc/self/exe is.
#include "../ckpt_test.h"

int main(int argc, char **argv)
{
	char name[PATH_MAX] = "", self[PATH_MAX] = "";
	struct stat stat_of_exe;

	if (argc == 1) {
		SYS(readlink("/proc/self/exe", self, sizeof(self) - 1));
		if (fork() == 0) {
			execlp("cp", "cp", self, "program", NULL);
			_exit(1);
		}
		SYS(wait(&argc));
		CHECK_EQ(argc, 0);
		execl("program", argv[0], "deleted", NULL);
		ckpt_fail("exec: %s", strerror(errno));
	}
	SYS(unlink("program"));
	ckpt_ready();
	SYS(readlink("/proc/self/exe", name, sizeof(name) - 1));
	CHECK(strstr(name, " (deleted)") != NULL);
	SYS(stat("/proc/self/exe", &stat_of_exe));
	CHECK_EQ(stat_of_exe.st_nlink, 0);
	/* It can be executed once more. */
	if (fork() == 0) {
		execl("/proc/self/exe", "again", NULL, NULL);
		_exit(1);
	}
	return ckpt_pass();
}
