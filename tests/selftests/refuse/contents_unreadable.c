// SPDX-License-Identifier: GPL-2.0-only
//
// A deleted file that is open for writing only, and that its owner may not read, is not told to the
// one who saves.
//
// USER: 65534
// MODES: refuse-tool
// EXPECT: refused EACCES "may not be read" "fd 3"
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("secret", O_WRONLY | O_CREAT | O_EXCL, 0200));

	SYS(unlink("secret"));
	CHECK_EQ(write(fd, "secret", 6), 6);
	ckpt_ready();
	CHECK_EQ(write(fd, "x", 1), 1);
	return ckpt_pass();
}
