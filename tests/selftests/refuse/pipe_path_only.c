// SPDX-License-Identifier: GPL-2.0-only
//
// A FIFO that is open with O_PATH is refused; it stays open.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "a pipe or FIFO"
#include "../ckpt_test.h"
#include <sys/stat.h>

int main(void)
{
	char path[PATH_MAX];
	struct stat stat;
	int fd;

	ckpt_path(path, "fifo");
	SYS(mkfifo(path, 0600));
	fd = SYS(open(path, O_PATH));
	ckpt_ready();
	SYS(fstat(fd, &stat));
	CHECK(S_ISFIFO(stat.st_mode));
	return ckpt_pass();
}
