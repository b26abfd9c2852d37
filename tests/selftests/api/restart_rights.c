// SPDX-License-Identifier: GPL-2.0-only
//
// Whoever restarts an image gains nothing by it: what he may not do himself is
// refused, with the reason.
//
// MODES: plain
#include "api.h"
#include <grp.h>
#include <sched.h>
#include <sys/resource.h>

#define SYSCTL "/proc/sys/kernel/ckpt_unpriv_allowed"
#define NOBODY 65534

static void groups(void)
{
	const gid_t list[] = { 5, 6 };

	SYS(setgroups(2, list));
}

static void oom(void)
{
	ckpt_write_file("/proc/self/oom_score_adj", "-500", 4);
}

static void limit(void)
{
	struct rlimit high = { 500000, 500000 };

	SYS(setrlimit(RLIMIT_NOFILE, &high));
}

static void priority(void)
{
	SYS(setpriority(PRIO_PROCESS, 0, -7));
}

static void realtime(void)
{
	SYS(sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 3 }));
}

static void io_priority(void)
{
	SYS(syscall(SYS_ioprio_set, 1, 0, (1 << 13) | 2));
}

static void root(void)
{
	SYS(chroot("/proc/self/cwd"));
}

static const struct {
	void (*set_up)(void);
	int error;
	const char *text;
} rows[] = {
	{ groups, EPERM, "groups" },
	{ oom, EACCES, "oom_score_adj" },
	{ limit, EPERM, "limit" },
	{ priority, EPERM, "nice" },
	{ realtime, EPERM, "priority" },
	{ io_priority, EPERM, "I/O priority" },
	{ root, EPERM, "root directory" },
};

static size_t row;

static void drop(void)
{
	SYS(setresgid(NOBODY, NOBODY, NOBODY));
	SYS(setresuid(NOBODY, NOBODY, NOBODY));
	prctl(PR_SET_DUMPABLE, 1);
}

static void target(void)
{
	SYS(setgroups(0, NULL));
	rows[row].set_up();
	drop();
	for (;;)
		pause();
}

/* A restart by an ordinary user; nothing of it may be left. */
static void try(void)
{
	int fd = image_of_target("image", target), log = new_file("log"), error;
	static char said[4096];
	pid_t child = SYS(fork());

	if (child == 0) {
		pid_t restarted;

		SYS(setgroups(0, NULL));
		drop();
		restarted = restarting_child();
		error = ckpt_restart_flags(restarted, fd, log, 0) < 0 ? errno : 0;
		kill(restarted, SIGKILL);
		waitpid(restarted, NULL, 0);
		_exit(error);
	}
	error = exit_status(child);
	ckpt_read_file("log", said, sizeof(said));
	ckpt_write_file(SYSCTL, "1", 1);
	if (error != rows[row].error || !strstr(said, rows[row].text))
		ckpt_fail("wanted \"%s\" (%s), got error %d: %s", rows[row].text,
			  strerror(rows[row].error), error, said);
	ckpt_write_file(SYSCTL, "2", 1);
	SYS(close(fd));
	SYS(close(log));
}

int main(void)
{
	device();
	/* Our output is open in the target: the other user has to be able to open it. */
	SYS(fchmod(STDERR_FILENO, 0666));
	ckpt_write_file(SYSCTL, "2", 1);
	for (row = 0; row < ARRAY_SIZE(rows); row++)
		try();
	ckpt_write_file(SYSCTL, "1", 1);
	return ckpt_pass();
}
