// SPDX-License-Identifier: GPL-2.0-only
//
// An open file whose name is gone is refused, although it has another name.
//
// EXPECT: refused EOPNOTSUPP|ENOENT|ESTALE "a deleted file that has another name" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char byte = 0;
	int fd;

	ckpt_write_file("one", "x", 1);
	SYS(link("one", "two"));
	fd = SYS(open("one", O_RDONLY));
	SYS(unlink("one"));
	ckpt_ready();
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(byte, 'x');
	return ckpt_pass();
}
