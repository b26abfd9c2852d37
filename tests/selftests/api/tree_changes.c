// SPDX-License-Identifier: GPL-2.0-only
//
// A tree in which a member comes, goes or runs while the image is written makes
// the checkpoint fail with EBUSY.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"
#include "stuck.h"

static int what;

/* Holds more than a pipe does, and has a child that does something when it is let. */
static void saved(void)
{
	char text[PATH_MAX];
	pid_t child;

	do {
		usleep(1000);
		ckpt_read_file("/proc/self/cgroup", text, sizeof(text));
	} while (!strstr(text, "/target-"));
	take_memory();
	child = SYS(fork());
	if (child == 0) {
		tree_register(2);
		tree_until(&tree->word[0], 1);
		if (what == 1)
			_exit(0);
		if (what == 2)
			tree_fork(tree_part, NULL);
		tree_store(&tree->word[0], 2);
		target_waits();
	}
	tree_register(1);
	target_waits();
}

int main(void)
{
	struct target target;
	int output;
	pid_t writer;

	device();
	tree_start();
	for (what = 0; what < 3; what++) {
		tree->ready = tree->word[0] = 0;
		target = target_start(saved);
		tree_wait_count(&tree->ready, 2, "are ready");
		usleep(20000);
		target_freeze(&target, true);
		writer = stuck_checkpoint(target.pid, &output);
		target_freeze(&target, false);
		tree_store(&tree->word[0], 1);
		while (what == 1 ? tree_state(tree->task[2].pid) != 'Z' : tree_load(&tree->word[0]) != 2)
			usleep(1000);
		target_freeze(&target, true);
		drain(output, -1);
		CHECK_EQ(exit_status(writer), EBUSY);
		target_end(&target);
	}
	return ckpt_pass();
}
