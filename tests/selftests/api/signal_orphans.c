// SPDX-License-Identifier: GPL-2.0-only
//
// What is saved is killed: the first that die leave a stopped process in their group with nobody to continue
// it, and the kernel ends the group by SIGHUP before its turn has come. None of it has run since it was
// saved.
// MODES: plain
#include "keep.h"

#define GROUP_SIZE 400

static void waits(void)
{
	for (;;)
		pause();
}

/* Of another group, with a child in the first: that keeps the first from being an orphan. */
static void other_group(pid_t group)
{
	SYS(setpgid(0, 0));
	if (SYS(fork()) == 0) {
		SYS(setpgid(0, group));
		waits();
	}
	waits();
}

static void group(void)
{
	pid_t pid = getpid();
	int i;

	SYS(setsid());
	if (SYS(fork()) == 0) {
		for (;;)
			raise(SIGSTOP);
	}
	for (i = 0; i < GROUP_SIZE; i++)
		if (SYS(fork()) == 0)
			waits();
	if (SYS(fork()) == 0)
		other_group(pid);
	target_waits();
}

int main(void)
{
	static pid_t pids[GROUP_SIZE + 5];
	struct target target = target_start(group);
	int fd = own_device(), tries, count = 0, id, i;
	bool stopped = false;

	for (tries = 0; count < GROUP_SIZE + 4 || !stopped; tries++) {
		CHECK(tries < ckpt_patience(20000));
		usleep(1000);
		count = family_of(&target, pids, GROUP_SIZE + 5);
		for (i = 0; i < count && !stopped; i++)
			stopped = state_of(pids[i]) == 'T';
	}
	/* The last of them has to have joined the group. */
	for (tries = 0; getpgid(pids[count - 1]) != target.pid; tries++) {
		CHECK(tries < ckpt_patience(20000));
		usleep(1000);
	}
	CHECK_EQ(freeze(fd, target.pid), GROUP_SIZE + 4);
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	CHECK_EQ(send_kept(fd, id, SIGKILL, 0), 0);
	for (i = 0; i < count; i++)
		CHECK(!state_of(pids[i]) || state_of(pids[i]) == 'Z' || state_of(pids[i]) == 'X');
	SYS(close(fd));
	while (waitpid(-1, NULL, 0) > 0)
		;
	remove_cgroup(&target);
	return ckpt_pass();
}
