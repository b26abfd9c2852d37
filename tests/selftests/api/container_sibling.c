// SPDX-License-Identifier: GPL-2.0-only
//
// A sibling of the init of a container, whose parent is outside, is refused:
// EINVAL. Threads of the init are none. Promise H.2.16.
//
// MODES: plain
// LIBS: -lpthread
#include "container.h"

static int unsharer(void *argument)
{
	(void)argument;
	SYS(unshare(CLONE_NEWPID));
	if (SYS(fork()) == 0) {
		CHECK_EQ(getpid(), 1);
		tree_register(6);
		for (;;)
			pause();
	}
	tree_wait_count(&tree->ready, 1, "are ready");
	if (SYS(fork()) == 0) {
		CHECK_EQ(getpid(), 2);
		tree_register(7);
		for (;;)
			pause();
	}
	for (;;)
		pause();
	return 0;
}

static pid_t first_child(pid_t parent)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	ckpt_read_file(path, text, sizeof(text));
	return strtol(text, NULL, 10);
}

int main(void)
{
	static char said[4096];
	struct target target;
	int fd = new_file("image");
	pid_t init, maker;

	device();
	tree_start();
	make_cgroup(target.cgroup, "target-sibling");
	maker = SYS(fork());
	if (maker == 0) {
		SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
		close_range(3, ~0u, 0);
		tree_until(&tree->word[0], 1);
		unsharer(NULL);
	}
	target.pid = maker;
	enter_cgroup(&target, maker);
	tree_store(&tree->word[0], 1);
	tree_wait_count(&tree->ready, 2, "are ready");
	usleep(20000);
	init = first_child(maker);
	target_freeze(&target, true);
	CHECK_EQ(container_checkpoint(init, fd, said, sizeof(said)), EINVAL);
	if (!strstr(said, "sibling"))
		ckpt_fail("the log does not say why: %s", said);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	target_end(&target);
	return ckpt_pass();
}
