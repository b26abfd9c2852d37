// SPDX-License-Identifier: GPL-2.0-only
//
// A tree in which a member comes, goes or runs while the image is written makes
// the checkpoint fail with EBUSY.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"

static unsigned char *memory;
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
	memory = ckpt_anon(512 * CKPT_PAGE);
	ckpt_fill_pattern(memory, 512 * CKPT_PAGE, 61);
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

static pid_t saves_to(pid_t target, const int *end)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		close(end[0]);
		signal(SIGPIPE, SIG_IGN);
		_exit(ckpt_checkpoint(target, end[1]) > 0 ? 0 : errno);
	}
	return pid;
}

int main(void)
{
	static char buffer[65536];
	int end[2], bytes, before, same;
	struct target target;
	pid_t writer;

	device();
	tree_start();
	for (what = 0; what < 3; what++) {
		tree->ready = tree->word[0] = 0;
		target = target_start(saved);
		tree_wait_count(&tree->ready, 2, "are ready");
		usleep(20000);
		target_freeze(&target, true);
		SYS(pipe(end));
		writer = saves_to(target.pid, end);
		SYS(close(end[1]));
		for (bytes = -1, same = 0; same < 20;) {
			before = bytes;
			usleep(10000);
			SYS(ioctl(end[0], FIONREAD, &bytes));
			same = bytes > 0 && bytes == before ? same + 1 : 0;
		}
		target_freeze(&target, false);
		tree_store(&tree->word[0], 1);
		usleep(50000);
		target_freeze(&target, true);
		while (SYS(read(end[0], buffer, sizeof(buffer))) > 0)
			;
		CHECK_EQ(exit_status(writer), EBUSY);
		SYS(close(end[0]));
		target_end(&target);
	}
	return ckpt_pass();
}
