// SPDX-License-Identifier: GPL-2.0-only
//
// When whoever coordinates is killed after the first task has gone to user mode,
// nobody else is killed: who has gone may have become another program since, which
// its user may not kill.
//
// The moment is made: one member cannot run, since something of higher priority
// has its processor; so the coordinator waits for it when the others have gone.
//
// MODES: plain
// LIBS: -lpthread
#include "../api/family.h"
#include "rights.h"

/* Bytes of the image that are held back until everybody has been restored. */
#define HELD_BACK 16

static void family_of_orphans(void)
{
	/* It would die with its coordinator. */
	SYS(prctl(PR_SET_PDEATHSIG, 0));
	family_grandpa();
}

static void run_on(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	SYS(sched_setaffinity(pid, sizeof(set), &set));
}

/* Nobody else gets much of the first processor. */
static pid_t hog(void)
{
	pid_t pid = SYS(fork());

	if (pid == 0) {
		SYS(prctl(PR_SET_PDEATHSIG, SIGKILL));
		run_on(0, 0);
		SYS(sched_setscheduler(0, SCHED_FIFO,
				       &(struct sched_param){ .sched_priority = 50 }));
		for (;;)
			;
	}
	return pid;
}

static bool has_gone(pid_t pid)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	ckpt_read_file(path, text, sizeof(text));
	return atoi(text) != SYS_ioctl && strncmp(text, "running", 7) != 0;
}

int main(void)
{
	int image, ends[2], tries;
	struct family_entry entry;
	pid_t coordinator, hogs;
	off_t size;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		ckpt_skip("this needs two processors");
	family_root = family_of_orphans;
	image = image_of_family("image");
	size = SYS(lseek(image, 0, SEEK_END));
	entry = family_entry();
	SYS(pipe(ends));
	run_on(0, 1);
	tree->ready = 0;
	coordinator = SYS(fork());
	if (coordinator == 0) {
		pid_t grandpa;

		close(ends[1]);
		grandpa = family_born(&entry);
		tree->word[1] = 1;
		_exit(family_coordinates(grandpa, ends[0], &entry, STDERR_FILENO));
	}
	SYS(close(ends[0]));
	while (!tree_load(&tree->word[1]))
		usleep(1000);
	run_on(tree->task[LIVE(UNCLE)].pid, 0);
	feed_part(image, ends[1], 0, size - HELD_BACK);
	wait_until_drained(ends[1], coordinator);
	hogs = hog();
	usleep(20000);
	feed_part(image, ends[1], size - HELD_BACK, size);
	for (tries = 0; !has_gone(tree->task[LIVE(GRANDPA)].pid); tries++) {
		if (tries == 100000)
			ckpt_fail("nobody goes");
		usleep(50);
	}
	SYS(kill(coordinator, SIGKILL));
	SYS(waitpid(coordinator, NULL, 0));
	SYS(kill(hogs, SIGKILL));
	SYS(waitpid(hogs, NULL, 0));
	SYS(close(ends[1]));
	/* All of the family live, and are ours now. */
	family_ends_well(tree->task[LIVE(GRANDPA)].pid);
	return ckpt_pass();
}
