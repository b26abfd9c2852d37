// SPDX-License-Identifier: GPL-2.0-only
//
// A look for obstacles tells of each file once, however many descriptors it has, and ends after some thousands:
// its caller holds the tree still meanwhile.
// MODES: plain
#include "api.h"
#include <sys/resource.h>
#include <sys/socket.h>

#define COPIES 20000
#define SOCKETS 5000

static void one_often(void)
{
	int fd = SYS(socket(AF_UNIX, SOCK_DGRAM, 0)), i;

	for (i = 0; i < COPIES; i++)
		SYS(dup(fd));
	ckpt_write_file("target-made", "", 0);
	target_waits();
}

static void many(void)
{
	int i;

	for (i = 0; i < SOCKETS; i++)
		SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	ckpt_write_file("target-made", "", 0);
	target_waits();
}

static int check(void (*run)(void))
{
	struct target target = target_start(run);
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .pid = target.pid,
					    .flags = CHECKPOINT_SUBTREE | CHECKPOINT_CHECK,
					    .fd = CKPT_FD_NONE, .logfd = new_file("log") };
	int tries, obstacles;

	for (tries = 0; access("target-made", F_OK); tries++) {
		CHECK(tries < ckpt_patience(20000));
		usleep(1000);
	}
	SYS(unlink("target-made"));
	target_freeze(&target, true);
	obstacles = SYS(ioctl(device(), CKPT_IOC_CHECKPOINT, &argument));
	SYS(close(argument.logfd));
	target_end(&target);
	return obstacles;
}

int main(void)
{
	const struct rlimit limit = { 32768, 32768 };
	int obstacles;

	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_EQ(check(one_often), 1);
	obstacles = check(many);
	CHECK(obstacles > 1000 && obstacles < SOCKETS);
	return ckpt_pass();
}
