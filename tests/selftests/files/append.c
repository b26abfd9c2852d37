// SPDX-License-Identifier: GPL-2.0-only
//
// O_APPEND stays: what is written goes to the end, wherever the position is.
#include "../ckpt_test.h"

int main(void)
{
	char text[32];
	int fd, other;

	ckpt_write_file("log", "one ", 4);
	fd = SYS(open("log", O_WRONLY | O_APPEND));
	CHECK_EQ(write(fd, "two ", 4), 4);
	SYS(lseek(fd, 1, SEEK_SET));
	ckpt_ready();
	CHECK(fcntl(fd, F_GETFL) & O_APPEND);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 1);
	other = SYS(open("log", O_WRONLY | O_APPEND));
	CHECK_EQ(write(other, "three ", 6), 6);
	CHECK_EQ(write(fd, "four", 4), 4);
	ckpt_read_file("log", text, sizeof(text));
	CHECK_STR(text, "one two three four");
	return ckpt_pass();
}
