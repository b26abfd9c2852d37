// SPDX-License-Identifier: GPL-2.0-only
//
// Permissions of a pipe that have been changed stay, for both ends and for who opens it anew.
#include "../ckpt_test.h"

int main(void)
{
	struct stat stat;
	char path[64], text[8] = "";
	int end[2], again;

	SYS(pipe(end));
	SYS(fchmod(end[0], 0640));
	CHECK_EQ(write(end[1], "text", 4), 4);
	ckpt_ready();
	SYS(fstat(end[1], &stat));
	CHECK_EQ(stat.st_mode, S_IFIFO | 0640);
	SYS(fstat(end[0], &stat));
	CHECK_EQ(stat.st_mode, S_IFIFO | 0640);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", end[0]);
	again = SYS(open(path, O_RDONLY | O_NONBLOCK));
	CHECK_EQ(SYS(read(again, text, sizeof(text) - 1)), 4);
	CHECK_STR(text, "text");
	return ckpt_pass();
}
