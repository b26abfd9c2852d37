// SPDX-License-Identifier: GPL-2.0-only
//
// A FIFO is found again by its path, with what was in it.
#include "../ckpt_test.h"
#include <sys/stat.h>

int main(void)
{
	char path[PATH_MAX], text[16] = "";
	int reader, writer, other;

	ckpt_path(path, "fifo");
	SYS(mkfifo(path, 0600));
	reader = SYS(open(path, O_RDONLY | O_NONBLOCK));
	writer = SYS(open(path, O_WRONLY));
	CHECK_EQ(write(writer, "through a name", 14), 14);
	ckpt_ready();
	CHECK_EQ(SYS(fcntl(writer, F_GETFL)) & (O_ACCMODE | O_NONBLOCK), O_WRONLY);
	other = SYS(open(path, O_WRONLY | O_NONBLOCK));
	CHECK_EQ(write(other, "!", 1), 1);
	CHECK_EQ(read(reader, text, sizeof(text)), 15);
	CHECK_STR(text, "through a name!");
	SYS(close(other));
	SYS(close(writer));
	CHECK_EQ(read(reader, text, 1), 0);
	return ckpt_pass();
}
