// SPDX-License-Identifier: GPL-2.0-only
//
// A hundred thousand opens of the device at a time are no matter, and each is
// accounted to whoever holds it: in a control group with little memory there are
// as many as fit, and the rest of the machine does not notice.
//
// MODES: plain
#include "bounds.h"
#include <sys/resource.h>

#define MANY 100000
#define PROCESSES 4

/* How many there are before one is refused. */
static int opens(const char *path, int most)
{
	int count;

	for (count = 0; count < most; count++)
		if (open(path, O_RDWR | O_CLOEXEC) < 0)
			break;
	return count;
}

static void raise_limit(void)
{
	SYS(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ MANY + 1000, MANY + 1000 }));
}

/* Several processes hold so many together; the device works on. */
static void many(void)
{
	struct ckpt_info info = { .size = sizeof(info) };
	pid_t pids[PROCESSES];
	int i;

	for (i = 0; i < PROCESSES; i++) {
		pids[i] = SYS(fork());
		if (pids[i] == 0) {
			CHECK_EQ(opens(CKPT_DEVICE, MANY / PROCESSES), MANY / PROCESSES);
			raise(SIGSTOP);
			_exit(0);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		int status;

		SYS(waitpid(pids[i], &status, WUNTRACED));
		CHECK(WIFSTOPPED(status));
	}
	SYS(ioctl(device(), CKPT_IOC_INFO, &info));
	for (i = 0; i < PROCESSES; i++)
		SYS(kill(pids[i], SIGCONT));
	for (i = 0; i < PROCESSES; i++)
		CHECK_EQ(exit_status(pids[i]), 0);
}

/* What so many opens of a file are accounted with. */
static long cost(const char *path)
{
	const int count = 20000;
	struct memcg group = memcg_make("max");
	long bytes;
	pid_t pid = SYS(fork());

	if (pid == 0) {
		long before;

		memcg_enter(&group);
		before = memcg_number(&group, "memory.current");
		CHECK_EQ(opens(path, count), count);
		ckpt_write_number("cost", memcg_number(&group, "memory.current") - before);
		_exit(0);
	}
	CHECK_EQ(exit_status(pid), 0);
	memcg_remove(&group);
	bytes = ckpt_read_number("cost");
	return bytes / count;
}

/* What the device has of its own is accounted, not only the open file. */
static void accounted(void)
{
	long own = cost(CKPT_DEVICE) - cost("/dev/null");

	if (own < 128)
		ckpt_fail("an open device is accounted with %ld bytes more than /dev/null", own);
}

/* With 16 MB there are no hundred thousand. */
static void limited(void)
{
	struct memcg group = memcg_make("16M");
	pid_t pid = SYS(fork());
	int status;

	if (pid == 0) {
		memcg_enter(&group);
		_exit(opens(CKPT_DEVICE, MANY) < MANY ? 0 : 1);
	}
	/* Refused, or killed for it. */
	SYS(waitpid(pid, &status, 0));
	CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	memcg_remove(&group);
}

int main(void)
{
	device();
	raise_limit();
	accounted();
	limited();
	many();
	return ckpt_pass();
}
