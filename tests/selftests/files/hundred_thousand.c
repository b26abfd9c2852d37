// SPDX-License-Identifier: GPL-2.0-only
//
// A hundred thousand descriptors: most of them of one open file, many eventfds and pipes, each at its
// number.
//
// MODES: run-on kill-restart pipe
#include "../ckpt_test.h"
#include <sys/eventfd.h>
#include <sys/resource.h>

#define DUPS 60000
#define COUNTERS 30000
#define PIPES 5000
#define FIRST 3

int main(void)
{
	const int counters = FIRST + 1 + DUPS, pipes = counters + COUNTERS;
	const int limit = pipes + 2 * PIPES + 16;
	struct rlimit files = { .rlim_cur = limit, .rlim_max = limit };
	eventfd_t value;
	int file, number, ends[2], i;

	CHECK(limit > 100000);
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		ckpt_skip("RLIMIT_NOFILE cannot be raised");
	file = SYS(open("file", O_RDWR | O_CREAT, 0600));
	CHECK_EQ(file, FIRST);
	for (i = 0; i < DUPS; i++)
		SYS(dup(file));
	for (i = 0; i < COUNTERS; i++)
		CHECK_EQ(SYS(eventfd(i, EFD_NONBLOCK)), counters + i);
	for (i = 0; i < PIPES; i++) {
		SYS(pipe(ends));
		CHECK_EQ(ends[1], pipes + 2 * i + 1);
		CHECK_EQ(write(ends[1], &i, sizeof(i)), sizeof(i));
	}
	SYS(lseek(file, 4711, SEEK_SET));
	SYS(fcntl(FIRST + DUPS / 2, F_SETFD, FD_CLOEXEC));
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(file, F_DUPFD, 0)), pipes + 2 * PIPES);
	for (i = 0; i <= DUPS; i++) {
		CHECK_EQ(SYS(lseek(FIRST + i, 1, SEEK_CUR)), 4712 + i);
		CHECK_EQ(SYS(fcntl(FIRST + i, F_GETFD)), i == DUPS / 2 ? FD_CLOEXEC : 0);
	}
	for (i = 0; i < COUNTERS; i++)
		if (i > 0) {
			SYS(eventfd_read(counters + i, &value));
			CHECK_EQ(value, i);
		} else {
			CHECK_ERRNO(eventfd_read(counters, &value), EAGAIN);
		}
	for (i = 0; i < PIPES; i++) {
		CHECK_EQ(read(pipes + 2 * i, &number, sizeof(number)), sizeof(number));
		CHECK_EQ(number, i);
	}
	return ckpt_pass();
}
