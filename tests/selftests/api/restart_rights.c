// SPDX-License-Identifier: GPL-2.0-only
//
// Whoever restarts an image gains nothing by it: what he may not do himself is
// refused, with the reason.
//
// MODES: plain
#include "../rights/rights.h"
#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>

#define SUID_DUMPABLE "/proc/sys/fs/suid_dumpable"
#define RT_SIGNALS 20

static void groups(void)
{
	const gid_t list[] = { 5, 6 };

	SYS(setgroups(2, list));
}

static void bounding(void)
{
	SYS(prctl(PR_CAPBSET_DROP, 25 /* CAP_SYS_TIME */));
}

static void oom(void)
{
	ckpt_write_file("/proc/self/oom_score_adj", "-500", 4);
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

static void secret_file(void)
{
	SYS(open("secret", O_RDWR | O_CREAT, 0600));
}

static void read_only_file(void)
{
	SYS(open("read-only", O_RDWR | O_CREAT, 0644));
}

static void opened_by_root(void)
{
	SYS(open("/proc/version", O_RDONLY));
}

/* By the same user as later, who could do everything then. */
static void opened_with_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = {};

	SYS(setgroups(0, NULL));
	SYS(setresgid(NOBODY, NOBODY, NOBODY));
	SYS(prctl(PR_SET_KEEPCAPS, 1));
	SYS(setresuid(NOBODY, NOBODY, NOBODY));
	opened_by_root();
	SYS(prctl(PR_SET_KEEPCAPS, 0));
	SYS(syscall(SYS_capset, &head, none));
}

static void closed_directory(void)
{
	SYS(mkdir("closed", 0700));
	SYS(chdir("closed"));
}

static void secret_program(void)
{
	static char bytes[1 << 16];
	int from = SYS(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	int to = SYS(open("program", O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
	ssize_t count;

	while ((count = SYS(read(from, bytes, sizeof(bytes)))) > 0)
		CHECK_EQ(write(to, bytes, count), count);
	SYS(close(to));
	SYS(close(from));
	execl("program", "program", "is executed", NULL);
	ckpt_fail("exec: %s", strerror(errno));
}

static void locked_memory(void)
{
	SYS(mlock(ckpt_anon(64 * CKPT_PAGE), 64 * CKPT_PAGE));
}

static void undumpable(void)
{
	ckpt_write_file(SUID_DUMPABLE, "2", 1);
}

static void limited(int resource, rlim_t value)
{
	SYS(setrlimit(resource, &(struct rlimit){ value, value }));
}

static void little_locked(void)
{
	limited(RLIMIT_MEMLOCK, 8 * CKPT_PAGE);
}

static void few_signals(void)
{
	limited(RLIMIT_SIGPENDING, RT_SIGNALS / 2);
}

static void many_signals(void)
{
	sigset_t set;
	int i;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	for (i = 0; i < RT_SIGNALS; i++)
		SYS(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i }));
	few_signals();
}

static void make_timer(clockid_t clock)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	int id;

	SYS(syscall(SYS_timer_create, clock, &event, &id));
}

static void many_timers(void)
{
	int i;

	for (i = 0; i < RT_SIGNALS; i++)
		make_timer(CLOCK_MONOTONIC);
	few_signals();
}

static void alarm_clock(void)
{
	make_timer(CLOCK_BOOTTIME_ALARM);
}

static const struct row {
	/* What the target does as root. */
	void (*set_up)(void);
	int error;
	const char *text;
	/* What the restarter does before it becomes an ordinary user. */
	void (*prepare)(void);
	/* The target stays root. */
	bool is_root;
} rows[] = {
	{ .error = EPERM, .text = "user id 0, which the caller may not have", .is_root = true },
	{ .set_up = groups, .error = EPERM, .text = "other supplementary groups" },
	{ .set_up = bounding, .error = EPERM, .text = "a bounding set without 0x2000000" },
	{ .set_up = oom, .error = EACCES, .text = "oom_score_adj" },
	{ .set_up = undumpable, .error = EPERM, .text = "dumpable" },
	{ .set_up = priority, .error = EPERM, .text = "nice" },
	{ .set_up = realtime, .error = EPERM, .text = "priority" },
	{ .set_up = io_priority, .error = EPERM, .text = "I/O priority" },
	{ .set_up = root, .error = EPERM, .text = "root directory" },
	{ .set_up = secret_file, .error = EACCES, .text = "/secret cannot be opened" },
	{ .set_up = read_only_file, .error = EACCES, .text = "/read-only cannot be opened" },
	{ .set_up = opened_by_root, .error = EPERM, .text = "user id 0 had opened" },
	{ .set_up = opened_with_capabilities, .error = EPERM, .text = "capabilities 0x" },
	{ .set_up = closed_directory, .error = EACCES, .text = "/closed cannot be entered" },
	{ .set_up = secret_program, .error = EACCES, .text = "/program cannot be opened" },
	{ .set_up = locked_memory, .error = ENOMEM, .text = "attributes of mapping", .prepare = little_locked },
	{ .set_up = many_signals, .error = EAGAIN, .text = "", .prepare = few_signals },
	{ .set_up = many_timers, .error = EAGAIN, .text = "POSIX timer", .prepare = few_signals },
	{ .set_up = alarm_clock, .error = EPERM, .text = "POSIX timer 0 of clock 9" },
};

/* Limits: what the restarter has, and what was saved. */
static const struct limit {
	int resource;
	rlim_t has, saved;
} limits[] = {
	{ RLIMIT_CPU, 1000, 1001 },
	{ RLIMIT_FSIZE, 1 << 30, 1 << 31 },
	{ RLIMIT_DATA, 1ll << 40, 1ll << 41 },
	{ RLIMIT_STACK, 1ll << 30, 1ll << 31 },
	{ RLIMIT_CORE, 1 << 20, 1 << 21 },
	{ RLIMIT_RSS, 1ll << 40, 1ll << 41 },
	{ RLIMIT_NPROC, 1000, 1001 },
	{ RLIMIT_NOFILE, 1024, 1025 },
	{ RLIMIT_MEMLOCK, 1 << 20, 1 << 21 },
	{ RLIMIT_AS, 1ll << 40, 1ll << 41 },
	{ RLIMIT_LOCKS, 1000, 1001 },
	{ RLIMIT_SIGPENDING, 1000, 1001 },
	{ RLIMIT_MSGQUEUE, 1 << 16, 1 << 17 },
	{ RLIMIT_NICE, 0, 40 },
	{ RLIMIT_RTPRIO, 0, 99 },
	{ RLIMIT_RTTIME, 1000000, 2000000 },
};

static size_t at;

static void raises_limit(void)
{
	limited(limits[at].resource, limits[at].saved);
}

static void has_limit(void)
{
	limited(limits[at].resource, limits[at].has);
}

static const struct row *row;

static void waits_as_nobody(void)
{
	setgroups(row && row->set_up == groups ? 2 : 0, (const gid_t[]){ 5, 6 });
	SYS(setresgid(NOBODY, NOBODY, NOBODY));
	SYS(setresuid(NOBODY, NOBODY, NOBODY));
	if (!row || row->set_up != undumpable)
		SYS(prctl(PR_SET_DUMPABLE, 1));
	for (;;)
		pause();
}

static void target(void)
{
	if (row->set_up)
		row->set_up();
	if (!row->is_root)
		waits_as_nobody();
	for (;;)
		pause();
}

/* A restart by an ordinary user; nothing of it may be left. */
static void try(const struct row *wanted)
{
	static char said[4096];
	int fd, log, error;
	pid_t child;

	row = wanted;
	fd = image_of_target("image", target);
	log = new_file("log");
	ckpt_write_file(SUID_DUMPABLE, "0", 1);
	child = SYS(fork());
	if (child == 0) {
		pid_t restarted;

		if (row->prepare)
			row->prepare();
		become(NOBODY);
		restarted = restarting_child();
		error = ckpt_restart_flags(restarted, fd, log, 0) < 0 ? errno : 0;
		kill(restarted, SIGKILL);
		waitpid(restarted, NULL, 0);
		_exit(error);
	}
	error = exit_status(child);
	ckpt_read_file("log", said, sizeof(said));
	if (error != row->error || !strstr(said, row->text))
		ckpt_fail("wanted \"%s\" (%s), got error %d: %s", row->text,
			  strerror(row->error), error, said);
	SYS(close(fd));
	SYS(close(log));
}

int main(int argc, char **argv)
{
	static char text[64];
	size_t i;

	(void)argv;
	if (argc > 1)
		waits_as_nobody();
	device();
	everybody_is_allowed();
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		try(&rows[i]);
	for (at = 0; at < ARRAY_SIZE(limits); at++) {
		snprintf(text, sizeof(text), "resource limit %d cannot be set",
			 limits[at].resource);
		try(&(struct row){ .set_up = raises_limit, .error = EPERM, .text = text,
				   .prepare = has_limit });
	}
	everybody_is_disallowed();
	return ckpt_pass();
}
