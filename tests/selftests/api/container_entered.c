// SPDX-License-Identifier: GPL-2.0-only
//
// A process that has entered the container from outside (setns) does not descend
// from its init: EBUSY, and it is named.
//
// MODES: plain
// LIBS: -lpthread
#include "container.h"

int main(void)
{
	static char said[4096];
	struct target target = container_start();
	int fd = new_file("image"), ns;
	pid_t stranger, inside;
	char path[64], name[32];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", target.pid);
	ns = SYS(open(path, O_RDONLY | O_CLOEXEC));
	tree->word[1] = 0;
	stranger = SYS(fork());
	if (stranger == 0) {
		SYS(setns(ns, CLONE_NEWPID));
		inside = SYS(fork());
		if (inside == 0) {
			SYS(close(ns));
			tree_store(&tree->word[1], 1);
			for (;;)
				pause();
		}
		tree->task[5].pid = inside;
		tree_until(&tree->word[1], 2);
		SYS(kill(inside, SIGKILL));
		CHECK_EQ(tree_status(inside), SIGKILL);
		_exit(0);
	}
	tree_until(&tree->word[1], 1);
	usleep(20000);
	enter_cgroup(&target, tree->task[5].pid);
	target_freeze(&target, true);
	CHECK_EQ(container_checkpoint(target.pid, fd, said, sizeof(said)), EBUSY);
	snprintf(name, sizeof(name), "[pid %d ", tree->task[5].pid);
	if (!strstr(said, name))
		ckpt_fail("the log does not name %d: %s", tree->task[5].pid, said);
	target_freeze(&target, false);
	tree_store(&tree->word[1], 2);
	tree_reap(stranger);
	target_freeze(&target, true);
	/* Without the stranger. */
	fd = new_file("image");
	CHECK_EQ(container_checkpoint(target.pid, fd, said, sizeof(said)), 0);
	target_ends_well(&target);
	return ckpt_pass();
}
