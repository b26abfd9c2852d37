// SPDX-License-Identifier: GPL-2.0-only
//
// Two processes with one address space (CLONE_VM) see what the other writes and
// maps, and are one for the OOM killer; files and directories are their own.
#include "tree.h"
#include <linux/kcmp.h>

static volatile int value;
static char *volatile mapped;

static int child(void *argument)
{
	int place;

	(void)argument;
	umask(0177);
	value = 1;
	place = tree_wait();
	value = 2;
	mapped = (char *)tree_call(SYS_mmap, 0, CKPT_PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1);
	mapped[5] = 'x';
	tree_store(&tree->word[0], 1);
	tree_until(&tree->word[0], 2);
	tree_report(place);
	return 0;
}

/* What the OOM killer is told of one is told of all that share the memory. */
static void check_badness(pid_t other)
{
	char path[64], text[16];

	ckpt_write_file("/proc/self/oom_score_adj", "321", 3);
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", other);
	ckpt_read_file(path, text, sizeof(text));
	CHECK_EQ(atoi(text), 321);
}

int main(void)
{
	pid_t pid;

	tree_start();
	umask(0022);
	pid = tree_clone(child, NULL, CLONE_VM | SIGCHLD);
	tree_go(1);
	tree_until(&tree->word[0], 1);
	CHECK_EQ(value, 2);
	CHECK_EQ(mapped[5], 'x');
	CHECK(tree_shared(getpid(), pid, KCMP_VM));
	CHECK(!tree_shared(getpid(), pid, KCMP_FILES));
	CHECK(!tree_shared(getpid(), pid, KCMP_FS));
	CHECK(!tree_shared(getpid(), pid, KCMP_SIGHAND));
	CHECK_EQ(umask(0), 0022);
	check_badness(pid);
	tree_store(&tree->word[0], 2);
	tree_end(1);
	tree_reap(pid);
	return ckpt_pass();
}
