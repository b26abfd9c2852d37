// SPDX-License-Identifier: GPL-2.0-only
//
// A process that has used up its own limits on memory, descriptors and locked
// pages comes back: limits do not stand in the way of restoring what was there.
#include "../ckpt_test.h"
#include <sys/resource.h>

#define LENGTH (256 * CKPT_PAGE)

static void limit(int resource, rlim_t value)
{
	struct rlimit now;

	SYS(getrlimit(resource, &now));
	now.rlim_cur = value;
	SYS(setrlimit(resource, &now));
}

int main(void)
{
	unsigned char *at = ckpt_anon(LENGTH);
	struct rlimit seen;
	int fd;

	ckpt_fill_pattern(at, LENGTH, 39);
	fd = SYS(open("file", O_RDWR | O_CREAT, 0644));
	SYS(dup2(fd, 40));
	SYS(close(fd));
	SYS(mlock(at, 16 * CKPT_PAGE));
	limit(RLIMIT_NOFILE, 4);
	limit(RLIMIT_AS, CKPT_PAGE);
	limit(RLIMIT_DATA, CKPT_PAGE);
	limit(RLIMIT_MEMLOCK, CKPT_PAGE);
	limit(RLIMIT_FSIZE, CKPT_PAGE);
	ckpt_ready();
	ckpt_check_pattern(at, LENGTH, 39);
	CHECK(fcntl(40, F_GETFD) >= 0);
	SYS(getrlimit(RLIMIT_AS, &seen));
	CHECK_EQ(seen.rlim_cur, CKPT_PAGE);
	SYS(getrlimit(RLIMIT_NOFILE, &seen));
	CHECK_EQ(seen.rlim_cur, 4);
	CHECK(mmap(NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	return ckpt_pass();
}
