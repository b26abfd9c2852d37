// SPDX-License-Identifier: GPL-2.0-only
//
// Captured pages are accounted to whoever captures: beyond the limit of his
// control group a capture is refused with ENOMEM, several at a time as well; what
// was captured before is still there, and all of it is given back at the end.
//
// MODES: plain
#include "bounds.h"

#define MEGABYTE (1l << 20)
#define SIZE (16 * MEGABYTE)

static unsigned char *memory;

static void holds_megabytes(void)
{
	memory = ckpt_anon(SIZE);
	ckpt_fill_pattern(memory, SIZE, 64);
	target_waits();
}

static int capture(int fd, pid_t pid)
{
	struct ckpt_checkpoint argument = { .size = sizeof(argument), .flags = CHECKPOINT_SUBTREE,
					    .pid = pid, .fd = CKPT_FD_NONE,
					    .logfd = CKPT_FD_NONE };

	return ioctl(fd, CKPT_IOC_CAPTURE, &argument);
}

/* One capture takes what it holds, and gives it back. */
static void accounted(pid_t target)
{
	struct memcg group = memcg_make("max");
	pid_t pid = SYS(fork());

	if (pid == 0) {
		int fd = SYS(open(CKPT_DEVICE, O_RDWR));
		long before, held, after;

		memcg_enter(&group);
		before = memcg_number(&group, "memory.current");
		SYS(capture(fd, target));
		held = memcg_number(&group, "memory.current") - before;
		SYS(close(fd));
		after = memcg_number(&group, "memory.current") - before;
		if (held < SIZE || held > 2 * SIZE || after > SIZE / 2)
			ckpt_fail("%ld MB are held, then %ld", held / MEGABYTE, after / MEGABYTE);
		_exit(0);
	}
	CHECK_EQ(exit_status(pid), 0);
	memcg_remove(&group);
}

/* Three processes capture at the same time, each as often as it can. */
static void limited(pid_t target)
{
	struct memcg group = memcg_make("80M");
	pid_t pids[3];
	int i, captured = 0;

	for (i = 0; i < 3; i++) {
		pids[i] = SYS(fork());
		if (pids[i] == 0) {
			int fd = SYS(open(CKPT_DEVICE, O_RDWR)), count = 0;

			memcg_enter(&group);
			/* Somebody else may be at it. */
			while (capture(fd, target) > 0 || errno == EBUSY)
				count++, usleep(1000);
			CHECK_EQ(errno, ENOMEM);
			ckpt_write_number("tries", count);
			_exit(0);
		}
	}
	for (i = 0; i < 3; i++) {
		int status = exit_status(pids[i]);

		/* The kernel may need the memory for something that cannot be refused. */
		CHECK(status == 0 || status == 1000 + SIGKILL);
		captured += status == 0;
	}
	CHECK(captured > 0);
	memcg_remove(&group);
}

int main(void)
{
	struct target target = target_frozen(holds_megabytes);

	device();
	accounted(target.pid);
	limited(target.pid);
	target_ends_well(&target);
	return ckpt_pass();
}
