// SPDX-License-Identifier: GPL-2.0-only
//
// A FIFO without a name is refused; what is in it stays.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "a deleted FIFO"
#include "../ckpt_test.h"
#include <sys/stat.h>

int main(void)
{
	char path[PATH_MAX], text[8] = "";
	int fd;

	ckpt_path(path, "fifo");
	SYS(mkfifo(path, 0600));
	fd = SYS(open(path, O_RDWR));
	SYS(unlink(path));
	CHECK_EQ(write(fd, "data", 4), 4);
	ckpt_ready();
	CHECK_EQ(read(fd, text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
