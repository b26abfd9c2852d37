// SPDX-License-Identifier: GPL-2.0-only
//
// The root of a restart need not be a child of the coordinator: one that is made with CLONE_PARENT
// belongs to the coordinator's parent, before and after.
//
// MODES: plain
#include "api.h"
#include <sched.h>
#include <sys/syscall.h>

int main(void)
{
	int image = image_of_target("image", NULL), ends[2], status;
	pid_t coordinator, root;

	ckpt_write_file("target-go", "", 0);
	device();
	SYS(pipe2(ends, O_CLOEXEC));
	coordinator = SYS(fork());
	if (coordinator == 0) {
		root = SYS(syscall(SYS_clone, CLONE_PARENT, NULL, NULL, NULL, NULL));
		if (root == 0)
			child_restarts();
		SYS(ckpt_restart_flags(root, image, STDERR_FILENO, 0));
		CHECK_EQ(write(ends[1], &root, sizeof(root)), sizeof(root));
		_exit(0);
	}
	CHECK_EQ(exit_status(coordinator), 0);
	CHECK_EQ(read(ends[0], &root, sizeof(root)), sizeof(root));
	CHECK_EQ(SYS(waitpid(root, &status, 0)), root);
	CHECK_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -status, TARGET_EXIT);
	return ckpt_pass();
}
