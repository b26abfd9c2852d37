// SPDX-License-Identifier: GPL-2.0-only
//
// A file that was renamed while it was open is found under its new name; one
// that was opened through a link is found when the link is gone.
#include "../ckpt_test.h"

int main(void)
{
	char byte = 0;
	int renamed, linked;

	ckpt_write_file("old", "new", 3);
	ckpt_write_file("target", "xyz", 3);
	renamed = SYS(open("old", O_RDWR));
	SYS(symlink("target", "link"));
	linked = SYS(open("link", O_RDONLY));
	SYS(rename("old", "another name"));
	SYS(unlink("link"));
	ckpt_write_file("old", "OLD", 3);
	ckpt_ready();
	CHECK_EQ(read(renamed, &byte, 1), 1);
	CHECK_EQ(byte, 'n');
	CHECK_EQ(read(linked, &byte, 1), 1);
	CHECK_EQ(byte, 'x');
	return ckpt_pass();
}
