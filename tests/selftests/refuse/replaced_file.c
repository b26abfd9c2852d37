// SPDX-License-Identifier: GPL-2.0-only
//
// An open file whose name now belongs to another one is refused, not confused
// with it.
//
// EXPECT: refused EOPNOTSUPP|ENOENT|ESTALE "deleted|replaced|another" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	char text[8] = "";
	int fd;

	ckpt_write_file("name", "old", 3);
	fd = SYS(open("name", O_RDONLY));
	ckpt_write_file("other", "new", 3);
	SYS(rename("other", "name"));
	ckpt_ready();
	CHECK_EQ(read(fd, text, sizeof(text)), 3);
	CHECK_STR(text, "old");
	return ckpt_pass();
}
