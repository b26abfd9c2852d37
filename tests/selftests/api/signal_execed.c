// SPDX-License-Identifier: GPL-2.0-only
//
// The leader of the root has exited when the tree is saved; a thread of it is let go, executes a program and so
// takes over the leader's number: it has run, and nothing is sent to any process.
// MODES: plain
// LIBS: -lpthread
#include "keep.h"
#include <pthread.h>

static void *lives_on(void *unused)
{
	if (SYS(fork()) == 0)
		target_waits();
	while (access("target-exec", F_OK) != 0)
		usleep(1000);
	execl("/bin/sleep", "sleep", "1000", NULL);
	return unused;
}

static void leader_exits(void)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, lives_on, NULL), 0);
	syscall(SYS_exit, 0);
}

static bool executes_sleep(pid_t pid)
{
	char path[64], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	return !strcmp(text, "sleep\n");
}

int main(void)
{
	struct target target = target_start(leader_exits);
	pid_t pids[3];
	int fd = own_device(), id, tries, count = 0;

	for (tries = 0; count < 2 || state_of(target.pid) != 'Z'; tries++) {
		CHECK(tries < ckpt_patience(10000));
		usleep(1000);
		count = family_of(&target, pids, 3);
	}
	target_freeze(&target, true);
	id = save_kept(fd, target.pid, CHECKPOINT_KEEP);
	CHECK(id > 0);
	ckpt_write_file("target-exec", "", 0);
	target_freeze(&target, false);
	for (tries = 0; !executes_sleep(target.pid); tries++) {
		CHECK(tries < ckpt_patience(10000));
		usleep(1000);
	}
	target_freeze(&target, true);
	CHECK_ERRNO(send_kept(fd, id, SIGKILL, 1000), EBUSY);
	CHECK_EQ(why.reason, CKPT_REASON_RAN);
	CHECK_EQ(why.pid, target.pid);
	SYS(close(fd));
	target_end(&target);
	return ckpt_pass();
}
