// SPDX-License-Identifier: GPL-2.0-only
//
// An open FIFO is refused; its contents stay.
//
// EXPECT: refused EOPNOTSUPP "fd 3" "FIFO|fifo|pipe"
#include "../ckpt_test.h"

int main(void)
{
	char text[8] = "";
	int fd;

	SYS(mkfifo("fifo", 0600));
	fd = SYS(open("fifo", O_RDWR));
	CHECK_EQ(write(fd, "data", 4), 4);
	ckpt_ready();
	CHECK_EQ(read(fd, text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
