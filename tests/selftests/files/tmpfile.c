// SPDX-License-Identifier: GPL-2.0-only
//
// A file that never had a name (O_TMPFILE) can be given one if it could before, and keeps its flags.
#include "../ckpt_test.h"

int main(void)
{
	const int flags = O_RDWR | O_TMPFILE | O_APPEND;
	int nameless, never, before;
	char text[16];

	nameless = open(".", flags, 0600);
	if (nameless < 0)
		ckpt_skip("no O_TMPFILE on this file system");
	never = SYS(open(".", flags | O_EXCL, 0600));
	CHECK_EQ(write(nameless, "data", 4), 4);
	before = SYS(fcntl(nameless, F_GETFL));
	CHECK_EQ(before & flags, flags);
	ckpt_ready();
	CHECK_EQ(fcntl(nameless, F_GETFL), before);
	CHECK_ERRNO(linkat(never, "", AT_FDCWD, "never", AT_EMPTY_PATH), ENOENT);
	CHECK_EQ(write(nameless, "base", 4), 4);
	SYS(linkat(nameless, "", AT_FDCWD, "again", AT_EMPTY_PATH));
	ckpt_read_file("again", text, sizeof(text));
	CHECK_STR(text, "database");
	return ckpt_pass();
}
