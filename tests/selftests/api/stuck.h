/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of the device that stand still in the middle, seen from outside: what the tests wait for that
 * do something meanwhile. Nobody here waits for a time.
 */
#ifndef STUCK_H
#define STUCK_H

#include "api.h"
#include <ctype.h>

/* The letter for the state of a process as /proc tells it; 0 when there is none. */
static inline char state_of(pid_t pid)
{
	char path[64], text[512], *at;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strrchr(text, ')');
	return at ? at[2] : 0;
}

/* Whether a task sleeps in this system call: a running one has no number there. */
static inline bool is_in_call(pid_t pid, int number)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	ckpt_read_file(path, text, sizeof(text));
	return isdigit(text[0]) && atoi(text) == number;
}

/* Until something can be said of a task, and still can after a while. */
static inline void wait_until_lasting(pid_t pid, bool (*is_so)(pid_t pid), const char *what)
{
	int same = 0, tries;

	for (tries = 0; same < 10; tries++) {
		if (tries == ckpt_patience(3000))
			ckpt_fail("%d does not %s: state %c", pid, what, state_of(pid));
		usleep(10000);
		same = is_so(pid) ? same + 1 : 0;
	}
}

static inline bool sleeps_in_ioctl(pid_t pid)
{
	return is_in_call(pid, SYS_ioctl);
}

/* Until a task sleeps in its ioctl, and goes on sleeping. */
static inline void wait_until_stuck(pid_t pid)
{
	wait_until_lasting(pid, sleeps_in_ioctl, "wait in its call");
}

/* Until a pipe is empty and whoever has read it sleeps for want of more. */
static inline void wait_until_drained(int pipe, pid_t reader)
{
	int bytes = 1;

	while (bytes > 0) {
		usleep(1000);
		SYS(ioctl(pipe, FIONREAD, &bytes));
	}
	wait_until_stuck(reader);
}

/* Feeds a part of an image into a pipe. */
static inline void feed_part(int image, int pipe, off_t from, off_t to)
{
	static char bytes[4096];

	while (from < to) {
		ssize_t step = SYS(pread(image, bytes,
					 to - from < 4096 ? (size_t)(to - from) : 4096, from));

		CHECK_EQ(write(pipe, bytes, step), step);
		from += step;
	}
}

/* More memory than a pipe holds. */
static inline void take_memory(void)
{
	ckpt_fill_pattern(ckpt_anon(512 * CKPT_PAGE), 512 * CKPT_PAGE, 61);
}

/* What a target does that has it. */
static inline void holds_memory(void)
{
	take_memory();
	target_waits();
}

/*
 * Saves a process to a new pipe, in a process of its own that stands still in the middle; what comes out
 * is at *output. It exits with the error.
 */
static inline pid_t stuck_checkpoint(pid_t target, int *output)
{
	int end[2];
	pid_t pid;

	SYS(pipe2(end, O_CLOEXEC));
	pid = SYS(fork());
	if (pid == 0) {
		close(end[0]);
		signal(SIGPIPE, SIG_IGN);
		_exit(ckpt_checkpoint(target, end[1]) > 0 ? 0 : errno);
	}
	SYS(close(end[1]));
	wait_until_stuck(pid);
	*output = end[0];
	return pid;
}

/* Reads all that comes out, to a file if there is one, and closes it. */
static inline void drain(int output, int fd)
{
	static char buffer[65536];
	ssize_t step;

	while ((step = SYS(read(output, buffer, sizeof(buffer)))) > 0)
		if (fd >= 0)
			CHECK_EQ(write(fd, buffer, step), step);
	SYS(close(output));
}

#endif /* STUCK_H */
