// SPDX-License-Identifier: GPL-2.0-only
//
// An open pipe is refused by the number of its descriptor; its contents stay.
//
// EXPECT: refused EOPNOTSUPP "pipe" "fd 3|fd 4"
#include "../ckpt_test.h"

int main(void)
{
	int end[2];
	char text[8] = "";

	SYS(pipe(end));
	CHECK_EQ(write(end[1], "data", 4), 4);
	ckpt_ready();
	CHECK_EQ(read(end[0], text, sizeof(text)), 4);
	CHECK_STR(text, "data");
	return ckpt_pass();
}
