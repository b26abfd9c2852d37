// SPDX-License-Identifier: GPL-2.0-only
//
// A user has a process stand still; it is moved to another cgroup, which lets it go, and executes a
// set-user-ID program. What the user's device noted of it keeps nobody from freezing it then, and closing
// that device does not let it go.
//
// MODES: plain
// LIBS: -lpthread
#include "rights.h"
#include "../api/freeze.h"

#define PROGRAM "/tmp/ckpt-held-by-number"

static void executes(int go)
{
	char *const arguments[] = { PROGRAM, "again", NULL };
	char byte;

	if (read(go, &byte, 1) == 1)
		execv(PROGRAM, arguments);
	_exit(1);
}

/* Has the process stand still, as the user, and keeps the device open. */
static pid_t holds(int fd, pid_t target)
{
	int ready[2];
	char byte;
	pid_t pid;

	SYS(pipe2(ready, O_CLOEXEC));
	pid = SYS(fork());
	if (pid == 0) {
		ckpt_at_fail = NULL;
		become(NOBODY);
		CHECK_EQ(freeze(fd, target), 1);
		SYS(write(ready[1], "", 1));
		for (;;)
			pause();
	}
	SYS(close(ready[1]));
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	SYS(close(ready[0]));
	return pid;
}

static uid_t user_of(pid_t pid)
{
	struct stat stat_of;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	SYS(stat(path, &stat_of));
	return stat_of.st_uid;
}

/* What has been told to stand still shows the freezer as its place in the kernel. */
static bool stands_still(pid_t pid)
{
	char path[64], place[128];

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	ckpt_read_file(path, place, sizeof(place));
	return strstr(place, "freez") || strstr(place, "signal");
}

int main(int argc, char **argv)
{
	int first = own_device(), second = own_device(), go[2];
	char other[PATH_MAX], number[16];
	pid_t target, user;

	(void)argv;
	if (argc > 1) {
		SYS(setresuid(0, 0, 0));
		for (;;)
			pause();
	}
	if (geteuid() != 0)
		ckpt_skip("needs root");
	install_setuid(PROGRAM);
	SYS(pipe2(go, O_CLOEXEC));
	target = SYS(fork());
	if (target == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		become(NOBODY);
		executes(go[0]);
	}
	while (user_of(target) != NOBODY)
		usleep(1000);
	user = holds(first, target);
	SYS(close(first));
	SYS(write(go[1], "", 1));
	CHECK_EQ(user_of(target), NOBODY);
	make_cgroup(other, "other");
	snprintf(number, sizeof(number), "%d", target);
	write_text(other, "cgroup.procs", number);
	while (user_of(target) != 0)
		usleep(1000);
	CHECK_EQ(freeze_with(second, target, CKPT_FD_NONE, STDERR_FILENO, 0), 1);
	SYS(kill(user, SIGKILL));
	SYS(waitpid(user, NULL, 0));
	CHECK(stands_still(target));
	SYS(kill(target, SIGKILL));
	SYS(waitpid(target, NULL, 0));
	SYS(close(second));
	SYS(unlink(PROGRAM));
	SYS(rmdir(other));
	return ckpt_pass();
}
