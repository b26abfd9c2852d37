// SPDX-License-Identifier: GPL-2.0-only
//
// What is kept of the pages of processes that others were forked from does not grow
// with the number of such processes: a tree with forty of them is saved with hardly
// more memory than one with two.
//
// MODES: plain
#include "bounds.h"

#define MEGABYTE (1l << 20)
/* The same pages in all of them: the windows of one take some 200 KB. */
#define SIZE (32 * MEGABYTE)
#define FEW 2
#define MANY 40

static unsigned char *memory;
static int parents;

/* So many children, each with a child of its own; all have the same pages. */
static void holds_tree(void)
{
	int ends[2];
	char byte;

	memory = ckpt_anon(SIZE);
	ckpt_fill_pattern(memory, SIZE, 21);
	SYS(pipe(ends));
	for (int i = 0; i < parents; i++) {
		if (SYS(fork()) == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (SYS(fork()) == 0)
				prctl(PR_SET_PDEATHSIG, SIGKILL);
			else
				SYS(write(ends[1], "", 1));
			close(ends[0]);
			close(ends[1]);
			target_waits();
		}
		CHECK_EQ(read(ends[0], &byte, 1), 1);
	}
	close(ends[0]);
	close(ends[1]);
	ckpt_write_file("made", "", 0);
	target_waits();
}

/* The most memory that a checkpoint of such a tree takes, beyond what there was before. */
static long most(int number)
{
	struct memcg group = memcg_make("max");
	struct target target;
	pid_t pid;
	long used;

	parents = number;
	target = target_start(holds_tree);
	while (access("made", F_OK) != 0)
		usleep(1000);
	SYS(unlink("made"));
	target_freeze(&target, true);
	pid = SYS(fork());
	if (pid == 0) {
		/* Pages are read as they are written: none are copied. */
		int fd = SYS(open("/dev/null", O_WRONLY));
		long before;

		memcg_enter(&group);
		before = memcg_number(&group, "memory.current");
		SYS(ckpt_checkpoint_flags(target.pid, fd, CKPT_FD_NONE, CHECKPOINT_SUBTREE));
		ckpt_write_number("most", memcg_number(&group, "memory.peak") - before);
		_exit(0);
	}
	CHECK_EQ(exit_status(pid), 0);
	used = ckpt_read_number("most");
	SYS(unlink("most"));
	target_end(&target);
	memcg_remove(&group);
	return used;
}

int main(void)
{
	long few, many;

	device();
	few = most(FEW);
	many = most(MANY);
	/* Descriptors, mappings, registers: some 30 KB for each process. */
	if (many > few + 4 * MEGABYTE)
		ckpt_fail("%ld KB with %d, %ld KB with %d", few >> 10, FEW, many >> 10, MANY);
	return ckpt_pass();
}
