// SPDX-License-Identifier: GPL-2.0-only
//
// A file of /proc that goes by the rights of a user of another user namespace is refused: the ids
// of that namespace mean nothing here. A file on a disk does not go by them and is saved.
//
// EXPECT: refused EOPNOTSUPP "a user of another user namespace" "fd 4" "/proc/version"
#include "../ckpt_test.h"
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

int main(void)
{
	char text[64];
	pid_t child;
	int status;

	CHECK_EQ(SYS(open("file", O_RDWR | O_CREAT, 0644)), 3);
	child = SYS(syscall(SYS_clone, CLONE_FILES | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	if (child == 0) {
		bool is_fourth = open("/proc/version", O_RDONLY) == 4;

		_exit(is_fourth && open("file", O_RDWR) == 5 ? 0 : 1);
	}
	CHECK_EQ(SYS(waitpid(child, &status, 0)), child);
	CHECK_EQ(status, 0);
	ckpt_ready();
	CHECK(read(4, text, sizeof(text)) > 0);
	return ckpt_pass();
}
