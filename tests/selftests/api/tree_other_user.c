// SPDX-License-Identifier: GPL-2.0-only
//
// Who may attach to the root but not to a member of its tree may not save the
// tree: EPERM, and the member is named. Promises H.1.16, H.2.3.
//
// MODES: plain
// LIBS: -lpthread
#include "family.h"
#include <grp.h>

static void become(uid_t user)
{
	SYS(setgroups(0, NULL));
	SYS(setresgid(user, user, user));
	SYS(setresuid(user, user, user));
	prctl(PR_SET_DUMPABLE, 1);
}

static void saved(void)
{
	char text[PATH_MAX];

	do {
		usleep(1000);
		ckpt_read_file("/proc/self/cgroup", text, sizeof(text));
	} while (!strstr(text, "/target-"));
	if (SYS(fork()) == 0) {
		if (tree->word[0])
			become(65533);
		else
			become(65534);
		tree_register(2);
		for (;;)
			pause();
	}
	become(65534);
	tree_register(1);
	for (;;)
		pause();
}

/* What an ordinary user gets. */
static int as_user(pid_t target, int fd, int log)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		become(65534);
		_exit(ckpt_checkpoint_flags(target, fd, log, CHECKPOINT_SUBTREE) > 0 ? 0 : errno);
	}
	return exit_status(pid);
}

int main(void)
{
	static char said[4096];
	struct target target;
	char name[32];
	int fd, log;

	device();
	tree_start();
	for (tree->word[0] = 0; tree->word[0] < 2; tree->word[0]++) {
		tree->ready = 0;
		target = target_start(saved);
		tree_wait_count(&tree->ready, 2, "are ready");
		usleep(20000);
		target_freeze(&target, true);
		fd = new_file("image");
		log = new_file("log");
		CHECK_EQ(as_user(target.pid, fd, log), tree->word[0] ? EPERM : 0);
		if (tree->word[0]) {
			ckpt_read_file("log", said, sizeof(said));
			snprintf(name, sizeof(name), "[pid %d] ", tree->task[2].pid);
			CHECK(strstr(said, name) != NULL);
			CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
		}
		SYS(close(fd));
		SYS(close(log));
		target_end(&target);
	}
	return ckpt_pass();
}
