// SPDX-License-Identifier: GPL-2.0-only
//
// Whatever ends the caller that has frozen a tree, or waits for it, the tree runs on: SIGKILL for all of
// its process, or for its control group. A signal ends the wait.
// MODES: plain
// LIBS: -lpthread
#include "freeze.h"

/* Freezes and waits; what it has frozen is told by a byte. */
static void holder(pid_t target, int ready)
{
	int fd;

	close_range(0, 2, 0);
	fd = open(CKPT_DEVICE, O_RDWR | O_CLOEXEC);
	if (freeze(fd, target) != 3)
		_exit(1);
	write(ready, ".", 1);
	for (;;)
		pause();
}

static void killed(bool by_group)
{
	pid_t target = tree_that_runs(), pid;
	struct target self;
	int ready[2];
	char byte;

	all_run();
	SYS(pipe(ready));
	if (by_group)
		make_cgroup(self.cgroup, "holder");
	pid = SYS(fork());
	if (pid == 0)
		holder(target, ready[1]);
	if (by_group)
		enter_cgroup(&self, pid);
	SYS(close(ready[1]));
	CHECK_EQ(SYS(read(ready[0], &byte, 1)), 1);
	none_runs();
	if (by_group)
		write_text(self.cgroup, "cgroup.kill", "1");
	else
		SYS(kill(pid, SIGKILL));
	SYS(waitpid(pid, NULL, 0));
	if (by_group)
		remove_cgroup(&self);
	all_run();
	end_tree(target);
	SYS(close(ready[0]));
}

/* Two that freeze one tree again and again, and are killed in the middle. */
static void killed_in_the_middle(void)
{
	pid_t target = tree_that_runs(), pids[2];
	int round, number;

	all_run();
	for (round = 0; round < 60; round++) {
		for (number = 0; number < 2; number++) {
			pids[number] = SYS(fork());
			if (pids[number] == 0) {
				for (;;) {
					int fd = open(CKPT_DEVICE, O_RDWR | O_CLOEXEC);

					freeze(fd, target);
					close(fd);
				}
			}
		}
		usleep(round * 137 % 5000);
		for (number = 0; number < 2; number++) {
			SYS(kill(pids[number], SIGKILL));
			SYS(waitpid(pids[number], NULL, 0));
		}
		all_run();
	}
	end_tree(target);
}

/* The tree is killed while it is held: nothing is kept. */
static void tree_killed(void)
{
	pid_t target = tree_that_runs();
	int fd = own_device();

	all_run();
	CHECK_EQ(freeze(fd, target), 3);
	end_tree(target);
	SYS(close(fd));
}

int main(void)
{
	device();
	killed(false);
	killed(true);
	killed_in_the_middle();
	tree_killed();
	return ckpt_pass();
}
