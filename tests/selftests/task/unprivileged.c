// SPDX-License-Identifier: GPL-2.0-only
//
// An ordinary user saves and restarts a process without any privilege, where
// kernel.ckpt_unpriv_allowed is 2.
//
// USER: 65534
// MODES: run-on new-pid
#include "../ckpt_test.h"
#include <sys/resource.h>

int main(void)
{
	unsigned char *memory = ckpt_anon(64 * CKPT_PAGE);
	struct rlimit limit;
	int fd;

	CHECK_EQ(getuid(), 65534);
	ckpt_fill_pattern(memory, 64 * CKPT_PAGE, 80);
	fd = SYS(open("file", O_RDWR | O_CREAT, 0600));
	CHECK_EQ(write(fd, "abc", 3), 3);
	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 100;
	SYS(setrlimit(RLIMIT_NOFILE, &limit));
	SYS(nice(3));
	ckpt_ready();
	CHECK_EQ(getuid(), 65534);
	CHECK_EQ(geteuid(), 65534);
	ckpt_check_pattern(memory, 64 * CKPT_PAGE, 80);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	SYS(getrlimit(RLIMIT_NOFILE, &limit));
	CHECK_EQ(limit.rlim_cur, 100);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 3);
	CHECK_ERRNO(setuid(0), EPERM);
	return ckpt_pass();
}
