// SPDX-License-Identifier: GPL-2.0-only
//
// An open file keeps its position, for reading and for writing.
#include "../ckpt_test.h"

int main(void)
{
	char text[32] = "";
	int in, out;

	ckpt_write_file("in", "0123456789", 10);
	in = SYS(open("in", O_RDONLY));
	out = SYS(open("out", O_RDWR | O_CREAT | O_TRUNC, 0644));
	CHECK_EQ(read(in, text, 4), 4);
	CHECK_EQ(write(out, "abc", 3), 3);
	ckpt_ready();
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 4);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 3);
	CHECK_EQ(read(in, text, 3), 3);
	CHECK_EQ(memcmp(text, "456", 3), 0);
	CHECK_EQ(write(out, "def", 3), 3);
	CHECK_EQ(ckpt_read_file("out", text, sizeof(text)), 6);
	CHECK_STR(text, "abcdef");
	return ckpt_pass();
}
