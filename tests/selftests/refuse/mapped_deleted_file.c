// SPDX-License-Identifier: GPL-2.0-only
//
// A mapping of a file that has been deleted is refused by its address range.
//
// EXPECT: refused EOPNOTSUPP|ENOENT|ESTALE "deleted"
#include "../ckpt_test.h"

int main(void)
{
	unsigned char *map;
	int fd;

	ckpt_write_file("doomed", "data", 4);
	fd = SYS(open("doomed", O_RDONLY));
	map = mmap(NULL, CKPT_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED);
	SYS(close(fd));
	SYS(unlink("doomed"));
	ckpt_ready();
	CHECK_EQ(memcmp(map, "data", 4), 0);
	return ckpt_pass();
}
