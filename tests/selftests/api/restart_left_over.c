// SPDX-License-Identifier: GPL-2.0-only
//
// Nothing is restored onto a task with something that would be the restored
// program's although the image does not tell of it: EOPNOTSUPP, by name.
//
// MODES: plain
#include "api.h"
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/io.h>

static bool timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	timer_t id;

	return timer_create(CLOCK_MONOTONIC, &event, &id) == 0;
}

static bool ports(void)
{
	return ioperm(0x80, 1, 1) == 0;
}

static bool io_privilege(void)
{
	return iopl(3) == 0;
}

static bool policy(void)
{
	const unsigned long node = 1;

	return syscall(SYS_set_mempolicy, 2 /* bind */, &node, 8ul) == 0;
}

static bool dispatch(void)
{
	static char selector = SYSCALL_DISPATCH_FILTER_ALLOW;

	return prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) == 0;
}

static bool ring(void)
{
	struct io_uring_params params = { 0 };

	return syscall(SYS_io_uring_setup, 4, &params) >= 0;
}

static bool keyring(void)
{
	return syscall(SYS_add_key, "user", "ckpt-test", "data", 4ul, -2 /* process */) >= 0;
}

/* Only such a one may send signals (sigtrap). */
static bool perf_event(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_TASK_CLOCK, .disabled = 1,
					.remove_on_exec = 1, .sigtrap = 1, .sample_period = 1000000 };

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) >= 0;
}

static const struct row {
	bool (*set_up)(void);
	const char *text;
} rows[] = {
	{ timer, "POSIX timer" },
	{ ports, "I/O port permission" },
	{ io_privilege, "I/O port permission" },
	{ policy, "NUMA memory policy" },
	{ dispatch, "system call user dispatch" },
	{ ring, "io_uring" },
	{ keyring, "keyring" },
	{ perf_event, "perf event" },
};

static int image;
static char said[4096];

/* By a coordinator. */
static bool coordinated(const struct row *row)
{
	int log = new_file("log"), ready[2], error;
	bool has = false;
	pid_t child;

	SYS(pipe2(ready, O_CLOEXEC));
	child = SYS(fork());
	if (child == 0) {
		has = row->set_up();
		CHECK_EQ(write(ready[1], &has, 1), 1);
		child_restarts();
	}
	CHECK_EQ(read(ready[0], &has, 1), 1);
	SYS(close(ready[0]));
	SYS(close(ready[1]));
	if (has) {
		SYS(lseek(image, 0, SEEK_SET));
		error = ckpt_restart_flags(child, image, log, 0) < 0 ? errno : 0;
		ckpt_read_file("log", said, sizeof(said));
		if (error != EOPNOTSUPP || !strstr(said, row->text))
			ckpt_fail("wanted \"%s\", got error %d: %s", row->text, error, said);
	}
	kill(child, SIGKILL);
	SYS(waitpid(child, NULL, 0));
	SYS(close(log));
	return has;
}

/* By itself: it is what it was. */
static void onto_self(const struct row *row)
{
	int log = new_file("log");
	pid_t child = SYS(fork());

	if (child == 0) {
		CHECK(row->set_up());
		SYS(lseek(image, 0, SEEK_SET));
		ckpt_restart_flags(0, image, log, RESTART_TASKSELF);
		_exit(errno);
	}
	CHECK_EQ(exit_status(child), EOPNOTSUPP);
	ckpt_read_file("log", said, sizeof(said));
	if (!strstr(said, row->text))
		ckpt_fail("wanted \"%s\": %s", row->text, said);
	SYS(close(log));
}

int main(void)
{
	unsigned int i, tried = 0;

	device();
	image = image_of_target("image", NULL);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!coordinated(&rows[i]))
			continue;
		onto_self(&rows[i]);
		tried++;
	}
	if (tried < 4)
		ckpt_skip("this kernel has nothing that would stay");
	return ckpt_pass();
}
