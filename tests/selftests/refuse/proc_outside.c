// SPDX-License-Identifier: GPL-2.0-only
//
// A file of /proc of a process outside of the tree is refused.
//
// EXPECT: refused EOPNOTSUPP "a file of a task outside of the tree" "fd 3" "/status"
#include "../ckpt_test.h"

int main(void)
{
	char path[64], text[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", getppid());
	fd = SYS(open(path, O_RDONLY));
	ckpt_ready();
	CHECK(read(fd, text, sizeof(text)) > 0);
	return ckpt_pass();
}
