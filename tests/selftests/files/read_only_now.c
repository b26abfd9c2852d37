// SPDX-License-Identifier: GPL-2.0-only
//
// A file that was opened for writing and then made read-only for everybody can
// still be written through the descriptor.
#include "../ckpt_test.h"

int main(void)
{
	int fd = SYS(open("file", O_RDWR | O_CREAT, 0644));

	SYS(fchmod(fd, 0444));
	ckpt_ready();
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 1);
	return ckpt_pass();
}
