// SPDX-License-Identifier: GPL-2.0-only
//
// CHECKPOINT_CHECK tells all that stands in the way of a checkpoint, of all tasks, and saves nothing. What it
// has looked at goes on.
// MODES: plain
#include "api.h"
#include <sys/socket.h>

/* Three obstacles, one of them in a child, and a descriptor behind each that is none. */
static void has_obstacles(void)
{
	int fd;

	fd = SYS(socket(AF_INET, SOCK_STREAM, 0));
	SYS(dup2(fd, 10));
	SYS(close(fd));
	SYS(dup2(STDIN_FILENO, 11));
	fd = SYS(socket(AF_INET, SOCK_DGRAM, 0));
	SYS(dup2(fd, 12));
	SYS(close(fd));
	SYS(dup2(STDIN_FILENO, 13));
	if (SYS(fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		SYS(close(10));
		SYS(close(12));
		fd = SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
		SYS(dup2(fd, 20));
		SYS(close(fd));
		target_waits();
	}
	target_waits();
}

static int log_fd;

static int check(const struct target *target, unsigned int flags, int fd)
{
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .pid = target->pid,
					    .flags = CHECKPOINT_SUBTREE | CHECKPOINT_CHECK | flags,
					    .fd = fd, .logfd = log_fd };

	SYS(ftruncate(log_fd, 0));
	SYS(lseek(log_fd, 0, SEEK_SET));
	return ioctl(device(), CKPT_IOC_CHECKPOINT, &argument);
}

static int count(const char *text, const char *wanted)
{
	int number = 0;

	for (text = strstr(text, wanted); text; text = strstr(text + 1, wanted))
		number++;
	return number;
}

static int children_of(pid_t pid)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	ckpt_read_file(path, text, sizeof(text));
	return count(text, " ");
}

int main(void)
{
	struct target target = target_start(has_obstacles), clean;
	char log[4096];
	int tries;

	log_fd = new_file("log");
	for (tries = 0; children_of(target.pid) != 1; tries++) {
		CHECK(tries < ckpt_patience(10000));
		usleep(1000);
	}
	usleep(100000);
	target_freeze(&target, true);
	CHECK_EQ(check(&target, 0, CKPT_FD_NONE), 3);
	ckpt_read_file("log", log, sizeof(log));
	CHECK_EQ(count(log, "[err -"), 3);
	CHECK_EQ(count(log, " fd 10: "), 1);
	CHECK_EQ(count(log, " fd 12: "), 1);
	CHECK_EQ(count(log, " fd 20: "), 1);
	CHECK_ERRNO(check(&target, 0, log_fd), EINVAL);
	CHECK_ERRNO(check(&target, CHECKPOINT_KEEP, CKPT_FD_NONE), EINVAL);
	target_freeze(&target, false);
	target_end(&target);

	clean = target_frozen(NULL);
	CHECK_EQ(check(&clean, 0, CKPT_FD_NONE), 0);
	ckpt_read_file("log", log, sizeof(log));
	CHECK_STR(log, "");
	/* Running, it is one. */
	target_freeze(&clean, false);
	CHECK_EQ(check(&clean, 0, CKPT_FD_NONE), 1);
	target_end(&clean);
	CHECK_ERRNO(check(&clean, 0, CKPT_FD_NONE), ESRCH);
	return ckpt_pass();
}
