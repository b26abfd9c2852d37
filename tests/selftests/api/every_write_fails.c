// SPDX-License-Identifier: GPL-2.0-only
//
// Whichever write of an image fails, and however: the error is that of the write and
// is told, what was written is no image, the process runs on and can be saved. Short
// and interrupted writes are gone on with.
//
// MODES: plain
#include "faulty.h"

#define HELD (48 * CKPT_PAGE)

static char said[4096];
static int log_fd;
static unsigned int interrupted;

static void holds_memory(void)
{
	unsigned char *memory = ckpt_anon(HELD);

	ckpt_fill_pattern(memory, HELD, 61);
	while (access("target-go", F_OK) != 0)
		usleep(5000);
	ckpt_check_pattern(memory, HELD, 61);
	_exit(TARGET_EXIT);
}

static void on_signal(int signal)
{
	(void)signal;
}

/* Saves the target in one step or in two; 0 or the error. */
static int saves(const struct target *target, int fd, bool in_two_steps)
{
	struct ckpt_checkpoint capture = { .size = sizeof(capture), .flags = CHECKPOINT_SUBTREE,
					   .pid = target->pid, .fd = CKPT_FD_NONE,
					   .logfd = log_fd };
	struct ckpt_write out = { .size = sizeof(out), .fd = fd, .logfd = log_fd };

	SYS(ftruncate(log_fd, 0));
	SYS(lseek(log_fd, 0, SEEK_SET));
	if (!in_two_steps)
		return ckpt_checkpoint_flags(target->pid, fd, log_fd, CHECKPOINT_SUBTREE) > 0 ?
			       0 : errno;
	out.id = SYS(ioctl(device(), CKPT_IOC_CAPTURE, &capture));
	return ioctl(device(), CKPT_IOC_WRITE, &out) == 0 ? 0 : errno;
}

/* Whether what has been written can be restarted: 0, or the status of whoever tried. */
static int restarts(void)
{
	int fd = faulty_open(O_RDONLY, 0, 0), status;
	pid_t child = restarting_child();

	if (ckpt_restart_flags(child, fd, CKPT_FD_NONE, 0) == 0) {
		ckpt_write_file("target-go", "", 0);
		status = exit_status(child);
		SYS(unlink("target-go"));
		SYS(close(fd));
		return status == TARGET_EXIT ? 0 : status;
	}
	kill(child, SIGKILL);
	status = exit_status(child);
	SYS(close(fd));
	return status;
}

/* The n-th write fails; whether there was one. */
static bool nth_write(const struct target *target, uint32_t n, int how, int wanted,
		      bool in_two_steps)
{
	int fd = faulty_open(O_WRONLY | O_TRUNC, n, how), error;
	bool hit;

	error = saves(target, fd, in_two_steps);
	hit = faulty_was_hit();
	SYS(close(fd));
	/* Who got a part of what it wanted when the signal came goes on with the rest, to the end. */
	if (!hit || (how == FAULTY_SIGNAL && error == 0))
		wanted = 0;
	interrupted += error == EINTR;
	ckpt_read_file("log", said, sizeof(said));
	if (error != wanted)
		ckpt_fail("write %u, how %d, in %d steps: %s, wanted %s; the log: %s", n, how,
			  1 + in_two_steps, strerror(error), strerror(wanted), said);
	if (wanted && !strstr(said, "the image cannot be written"))
		ckpt_fail("write %u, how %d: the log says: %s", n, how, said);
	/* What is complete is restarted now and then, what is not is tried each time. */
	if (wanted || n % 8 == 1)
		CHECK_EQ(restarts(), wanted ? 1000 + SIGKILL : 0);
	return hit;
}

int main(void)
{
	static const struct {
		int how, wanted;
	} ways[] = {
		{ ENOSPC, ENOSPC }, { EIO, EIO }, { EPIPE, EPIPE }, { EAGAIN, EAGAIN },
		{ FAULTY_SIGNAL, EINTR }, { FAULTY_NOTHING, EIO },
		{ FAULTY_SHORT, 0 }, { EINTR, 0 },
	};
	struct sigaction action = { .sa_handler = on_signal };
	struct target target;
	unsigned int way, n;
	int steps;

	SYS(sigaction(SIGUSR1, &action, NULL));
	device();
	faulty_start();
	log_fd = new_file("log");
	target = target_frozen(holds_memory);
	for (way = 0; way < ARRAY_SIZE(ways); way++)
		for (steps = 0; steps < 2; steps++) {
			for (n = 1; nth_write(&target, n, ways[way].how, ways[way].wanted, steps); n++)
				;
			/* Several: or nothing has been tested. */
			CHECK(n > 10);
			/* It runs, and stands still again. */
			target_freeze(&target, false);
			target_freeze(&target, true);
		}
	CHECK(interrupted > 10);
	dprintf(STDERR_FILENO, "%u writes\n", n - 1);
	target_ends_well(&target);
	faulty_end();
	return ckpt_pass();
}
